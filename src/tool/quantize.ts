import { CodedError } from '../base/coded.ts';
import { formatBytes } from '../base/format.ts';
import type { Block, Reply } from '../chat/reply.ts';
import type { Translator } from '../chat/translate.ts';
import { tensorBytes } from '../estimator/model/ggml-types.ts';
import { type Quantized, quantize } from '../estimator/model/quantize/quantize.ts';
import { QUANTIZE_ERAS, type QuantizeEra } from '../estimator/model/quantize/targets.ts';
import type { Tool, ToolCall } from './command.ts';
import { showReply } from './show.ts';

function readEra(text: string | undefined): QuantizeEra {
  const era = QUANTIZE_ERAS.find((known) => known === (text ?? 'new').toLowerCase());
  if (era === undefined) {
    throw new CodedError('quantize-era-unknown', { era: text!.slice(0, 40), eras: QUANTIZE_ERAS.join(', ') });
  }
  return era;
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
export async function runQuantize(tool: Tool, { args, options }: ToolCall): Promise<number> {
  const era = readEra(options.era as string | undefined);
  const services = await tool.services({ servers: false });
  const { spec } = await services.models.find(args[0]!, null, AbortSignal.timeout(60_000));
  const quantized = quantize(spec, options.to as string, { era, imatrix: options.imatrix === true });
  if (options.json === true) {
    tool.write(`${quantizedJson(quantized)}\n`);
  } else {
    tool.write(await showReply(tool, quantizedReply(quantized, tool.translator), services.now()));
  }
  return 0;
}
