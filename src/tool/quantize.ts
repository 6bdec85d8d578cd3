import { parseArgs } from 'node:util';
import { CommandError } from '../../commands/services.ts';
import { formatBytes } from '../chat/format.ts';
import type { Block, Reply } from '../chat/reply.ts';
import { createTranslator, type Translator } from '../chat/translate.ts';
import { renderReply } from '../console/render.ts';
import { tensorBytes } from '../estimator/model/ggml-types.ts';
import { type Quantized, quantize } from '../estimator/model/quantize/quantize.ts';
import { QUANTIZE_ERAS, type QuantizeEra } from '../estimator/model/quantize/targets.ts';
import type { CliOptions } from './cli-options.ts';

interface QuantizeArguments {
  readonly model: string;
  readonly target: string;
  readonly era: QuantizeEra;
  readonly imatrix: boolean;
  readonly json: boolean;
}

function readArguments(args: readonly string[]): QuantizeArguments {
  const { values, positionals } = parse(args);
  const [model, ...rest] = positionals;
  if (model === undefined || rest.length > 0 || values.to === undefined) {
    throw new CommandError('cli-quantize-usage', {});
  }
  const era = QUANTIZE_ERAS.find((known) => known === (values.era ?? 'new'));
  if (era === undefined) {
    throw new CommandError('quantize-era-unknown', { era: values.era!.slice(0, 40), eras: QUANTIZE_ERAS.join(', ') });
  }
  return { model, target: values.to, era, imatrix: values.imatrix ?? false, json: values.json ?? false };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        to: { type: 'string' },
        era: { type: 'string' },
        imatrix: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new CommandError('cli-arguments', { why: error instanceof Error ? error.message.split('\n')[0]! : '' });
  }
}

/** The answer as scripts read it: names are promised to the outside. */
function quantizedJson({ spec, target, era, bytes }: Quantized): string {
  return JSON.stringify({ target, era, bytes, tensors: spec.tensors.map(({ name, type }) => [name, type]) });
}

function quantizedReply({ spec, target, era, bytes }: Quantized, translator: Translator): Reply {
  const byType = new Map<string, { count: number; bytes: number }>();
  for (const tensor of spec.tensors) {
    const sum = byType.get(tensor.type) ?? { count: 0, bytes: 0 };
    sum.count++;
    sum.bytes += tensorBytes(tensor.type, tensor.shape);
    byType.set(tensor.type, sum);
  }
  const table: Block = {
    kind: 'table',
    columns: [
      { title: translator.t('quantize.column.type'), align: 'left' },
      { title: translator.t('quantize.column.tensors'), align: 'right' },
      { title: translator.t('quantize.column.size'), align: 'right' },
    ],
    rows: [...byType]
      .sort(([, a], [, b]) => b.bytes - a.bytes)
      .map(([type, sum]) => [type, String(sum.count), formatBytes(sum.bytes, translator.locale)]),
  };
  const size = { model: { code: spec.name }, target, size: bytes, count: spec.tensors.length, era };
  return {
    tone: 'neutral',
    title: translator.text('quantize.title', size),
    blocks: [table, { kind: 'small', text: translator.text('quantize.note') }],
  };
}

/**
 * `headroom quantize MODEL --to TARGET`: the types and bytes that a target would give.
 * @throws typed errors with a code; the caller says them
 */
export async function runQuantize(args: readonly string[], cli: CliOptions): Promise<number> {
  const { model, target, era, imatrix, json } = readArguments(args);
  const services = await cli.services();
  const { spec } = await services.models.find(model, null, AbortSignal.timeout(60_000));
  const quantized = quantize(spec, target, { era, imatrix });
  if (json) {
    cli.write(`${quantizedJson(quantized)}\n`);
  } else {
    const how = { locale: cli.locale, colour: cli.colour, nowMs: services.now() };
    cli.write(renderReply(quantizedReply(quantized, createTranslator(cli.locale)), how));
  }
  return 0;
}
