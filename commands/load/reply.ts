import { MIB } from '../../src/base/bytes.ts';
import { formatBytes } from '../../src/base/format.ts';
import { errorKey } from '../../src/chat/error-key.ts';
import type { Block, Reply } from '../../src/chat/reply.ts';
import { plainText, type Text } from '../../src/chat/text.ts';
import type { MessageParams, Translator } from '../../src/chat/translate.ts';
import { isBooking } from '../../src/servers/loading/booked.ts';
import type { LoadOutcome } from '../../src/servers/loading/types.ts';
import type { Remark } from '../../src/servers/types.ts';
import { gpuLabels } from '../parts/server-state.ts';
import type { Services } from '../services.ts';
import { loadActions } from './actions.ts';
import type { Checklist } from './checklist.ts';
import type { LoadOptions } from './options.ts';
import { holderSpan } from './people.ts';

/** Growth below this on a GPU that the plan leaves alone is noise, bytes. */
const NOISE_BYTES = 64 * MIB;
/** Ends after which the server is as another client wanted it. */
const OTHERS_LEFT: ReadonlySet<string> = new Set(['load-reloaded', 'load-displaced', 'load-vanished']);
/** Figures of problems that are names: shown as names, since they are untrusted. */
const NAMES: ReadonlySet<string> = new Set(['model', 'models', 'holder', 'alias', 'server', 'value', 'gpus']);

/** Words for why something was not done. */
export function problemText(translator: Translator, problem: Remark): Text {
  const params: MessageParams = Object.fromEntries(
    Object.entries(problem.params).map(([name, value]) => [name, NAMES.has(name) ? { code: String(value) } : value]),
  );
  const key = errorKey(problem.code.replace(/^ollama-/, 'ollama.'), problem.params);
  return translator.text(key ?? 'error.load-failed', params);
}

function title(outcome: LoadOutcome, translator: Translator): Text {
  const { proof } = outcome;
  if (outcome.problem !== null || proof === null) {
    return problemText(translator, outcome.problem ?? { code: 'load-failed', params: {} });
  }
  const params: MessageParams = {
    model: { code: outcome.model },
    server: { code: outcome.server },
    ctx: proof.contextLength ?? outcome.numCtx ?? 0,
    vram: proof.sizeVramBytes,
    host: proof.spilledBytes,
  };
  if (!proof.onGpu) {
    return translator.text('load.title.partial', params);
  }
  return translator.text(outcome.renewed ? 'load.title.renewed' : 'load.title.loaded', params);
}

/** Why the context is shorter than what was asked for: training first, then memory. */
function clampTexts(outcome: LoadOutcome, translator: Translator): Text[] {
  const { clamp, numCtx, askedCtx, wantedCtx } = outcome;
  if (numCtx === null || wantedCtx === null) {
    return [];
  }
  const texts: Text[] = [];
  if (askedCtx !== null && askedCtx > wantedCtx) {
    texts.push(translator.text('load.clamp.training', { asked: askedCtx, ctx: wantedCtx }));
  }
  if (clamp === null || numCtx >= wantedCtx) {
    return texts;
  }
  const params = { asked: wantedCtx, ctx: numCtx, excess: clamp.why === 'memory' ? clamp.excessBytes : 0 };
  const key =
    clamp.why === 'others' ? 'others' : clamp.excessBytes > 0 ? ('memory' as const) : ('memory-tried' as const);
  return [...texts, translator.text(`load.clamp.${key}`, params)];
}

/** Predicted and actual memory per GPU. */
function proofTable(outcome: LoadOutcome, translator: Translator): Block | null {
  const { proof, renewed } = outcome;
  if (proof === null || renewed) {
    return null;
  }
  const shown = proof.gpus.filter(
    (gpu) => (gpu.predictedBytes ?? 0) > 0 || Math.abs(gpu.actualBytes ?? 0) > NOISE_BYTES,
  );
  if (shown.length === 0) {
    return null;
  }
  const { locale, t } = translator;
  const labels = gpuLabels(shown);
  const size = (bytes: number | null) => (bytes === null ? '?' : formatBytes(bytes, locale));
  const signed = (bytes: number | null) => (bytes === null ? '?' : `${bytes > 0 ? '+' : ''}${size(bytes)}`);
  const difference = (predicted: number | null, actual: number | null) =>
    predicted === null || actual === null ? null : actual - predicted;
  const sum = (values: readonly (number | null)[]) =>
    values.reduce<number | null>((total, value) => (total === null || value === null ? null : total + value), 0);
  const rows = shown.map((gpu, index) => [
    labels[index]!,
    size(gpu.predictedBytes),
    size(gpu.actualBytes),
    signed(difference(gpu.predictedBytes, gpu.actualBytes)),
  ]);
  if (shown.length > 1) {
    const predicted = sum(shown.map((gpu) => gpu.predictedBytes));
    const actual = sum(shown.map((gpu) => gpu.actualBytes));
    rows.push([t('common.total'), size(predicted), size(actual), signed(difference(predicted, actual))]);
  }
  const right = (key: 'load.column.predicted' | 'load.column.actual' | 'load.column.difference') => ({
    title: t(key),
    align: 'right' as const,
  });
  return {
    kind: 'table',
    columns: [
      { title: t('load.column.gpu'), align: 'left' },
      right('load.column.predicted'),
      right('load.column.actual'),
      right('load.column.difference'),
    ],
    rows,
  };
}

function holdText(outcome: LoadOutcome, translator: Translator): Text | null {
  const { hold } = outcome;
  if (hold === null) {
    return null;
  }
  const holder = holderSpan(hold);
  return hold.untilMs === null
    ? translator.text('load.hold.open', { holder })
    : translator.text('load.hold.until', { holder, until: { time: hold.untilMs, style: 'short' } });
}

/** What would help, and who would be affected. */
function wayOutTexts(outcome: LoadOutcome, translator: Translator): Text[] {
  const { wayOut } = outcome;
  if (wayOut === null || outcome.problem?.code === 'booked-by-others') {
    return [];
  }
  const others = wayOut.obstacles.filter(({ model }) => model !== outcome.model);
  const models = { code: others.map(({ model }) => model).join(', ') };
  const texts: Text[] = others.length > 0 ? [translator.text('load.way-out', { models, ctx: wayOut.numCtx })] : [];
  for (const { model, hold, inUse } of others) {
    const name = { code: model };
    if (hold !== null) {
      texts.push(translator.text('load.way-out.held', { model: name, holder: holderSpan(hold) }));
    } else if (inUse) {
      texts.push(translator.text('load.way-out.in-use', { model: name }));
    }
  }
  return texts;
}

/** What was done to others, or undone. */
function sideTexts(outcome: LoadOutcome, translator: Translator): Text[] {
  const texts: Text[] = [];
  const names = (models: readonly string[]) => ({ code: models.join(', ') });
  for (const hold of outcome.overridden) {
    const key = isBooking(hold) ? 'reserve.overridden' : 'load.overridden';
    texts.push(translator.text(key, { model: { code: hold.model }, holder: holderSpan(hold) }));
  }
  for (const hold of outcome.kept) {
    texts.push(translator.text('load.kept', { model: { code: hold.model }, holder: holderSpan(hold) }));
  }
  const others = outcome.unloaded.filter((model) => model !== outcome.model);
  if (outcome.result === 'loaded' && others.length > 0) {
    texts.push(translator.text('load.unloaded', { models: names(others) }));
  }
  if (outcome.result === 'loaded') {
    const count = outcome.before?.gpuViews.length ?? 0;
    if (outcome.proof?.sizeVramBytes === 0 && count > 0) {
      texts.push(translator.text('load.no-gpu', { server: { code: outcome.server }, count }));
    }
    return texts;
  }
  const said = outcome.problem?.params.said;
  if (said !== undefined) {
    texts.push(translator.text('load.said', { text: { code: String(said) } }));
  }
  return [...texts, ...aftermathTexts(outcome, translator)];
}

/** How the server was left after a failure: said as it was seen afterwards, not as it should be. */
function aftermathTexts(outcome: LoadOutcome, translator: Translator): Text[] {
  const { lost, after, orphans, attempts } = outcome;
  const texts: Text[] = [];
  const down = after !== null && after.ollama.state !== 'up';
  const params = { models: { code: lost.join(', ') }, server: { code: outcome.server } };
  if (down) {
    texts.push(translator.text(lost.length > 0 ? 'load.down.lost' : 'load.down', params));
  } else if (lost.length > 0) {
    texts.push(translator.text('load.lost', params));
  } else if (attempts > 0 && !OTHERS_LEFT.has(outcome.problem?.code ?? '')) {
    texts.push(translator.text('load.as-before'));
  }
  if (orphans !== null) {
    const { pids, bytes } = orphans;
    const params = {
      count: pids.length,
      bytes,
      pids: { code: `kill ${pids.join(' ')}` },
      server: { code: outcome.server },
    };
    texts.push(translator.text('load.orphans', params));
  }
  return texts;
}

function remarks(outcome: LoadOutcome, options: LoadOptions, translator: Translator, services: Services): Text[] {
  const lines: Text[] = [];
  const { alias, proof, aliasProblem } = outcome;
  if (proof !== null && outcome.result === 'loaded') {
    const ctx = proof.contextLength ?? outcome.numCtx ?? 0;
    if (outcome.ordered !== outcome.model) {
      lines.push(translator.text('load.same-weights', { ordered: { code: outcome.ordered } }));
    }
    lines.push(
      alias === null
        ? translator.text('load.trap', { ctx })
        : translator.text('load.alias', { alias: { code: alias }, ctx }),
    );
    if (aliasProblem !== null) {
      lines.push(
        translator.text('load.alias.failed', {
          alias: { code: options.alias ?? '' },
          why: plainText(problemText(translator, aliasProblem)),
        }),
      );
    }
    const count = outcome.learnedFrom;
    if (count > 0 && !outcome.renewed) {
      lines.push(translator.text('load.learned', { count }));
    }
  }
  if (services.simulated) {
    lines.push(translator.text('fit.note.simulated'));
  }
  return lines;
}

/** How a load ended, with its steps above the figures. */
export function loadReply(
  outcome: LoadOutcome,
  checklist: Checklist,
  options: LoadOptions,
  person: { readonly id: string; readonly isAdmin: boolean },
  translator: Translator,
  services: Services,
): Reply {
  const loaded = outcome.result === 'loaded';
  const blocks: Block[] = [];
  const text = (line: Text | null) => {
    if (line !== null) {
      blocks.push({ kind: 'text', text: line });
    }
  };
  if (loaded) {
    for (const line of clampTexts(outcome, translator)) {
      text(line);
    }
  }
  for (const line of sideTexts(outcome, translator)) {
    text(line);
  }
  for (const line of wayOutTexts(outcome, translator)) {
    text(line);
  }
  checklist.end();
  // Of a plain refusal there are no steps to tell.
  const lines = outcome.result === 'refused' && outcome.kept.length === 0 ? [] : checklist.lines(translator);
  if (lines.length > 0) {
    blocks.push({ kind: 'list', items: lines });
  }
  const table = loaded ? proofTable(outcome, translator) : null;
  if (table !== null) {
    blocks.push(table);
  }
  text(holdText(outcome, translator));
  for (const line of remarks(outcome, options, translator, services)) {
    blocks.push({ kind: 'small', text: line });
  }
  const clamped = (outcome.numCtx ?? 0) < (outcome.askedCtx ?? 0);
  return {
    tone: loaded
      ? clamped || outcome.proof?.onGpu === false
        ? 'warning'
        : 'good'
      : outcome.result === 'needs-room'
        ? 'warning'
        : 'bad',
    title: title(outcome, translator),
    blocks,
    actions: loadActions(outcome, options, person, translator, services),
    ...(loaded ? {} : { failed: true }),
  };
}

/** A load under way: its steps, and the button to give it up. */
export function runningReply(
  options: LoadOptions,
  server: string,
  checklist: Checklist,
  cancelId: string,
  personId: string,
  translator: Translator,
): Reply {
  const params = { model: { code: options.model }, server: { code: server } };
  return {
    tone: 'neutral',
    title: translator.text(checklist.waiting ? 'load.title.waiting' : 'load.title.running', params),
    blocks: [{ kind: 'list', items: checklist.lines(translator) }],
    ...(cancelId === ''
      ? {}
      : {
          actions: [
            {
              label: translator.t('load.action.cancel'),
              style: 'secondary',
              call: { handler: 'load.cancel', payload: { id: cancelId, by: personId } },
            },
          ],
        }),
  };
}
