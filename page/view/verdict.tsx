import type { Coded } from '../../src/base/coded.ts';
import { formatBytes } from '../../src/base/format.ts';
import type { Plan, SpeedEstimate, SweepRow, VerdictName } from '../../src/estimator/index.ts';
import type { Help } from '../estimate/survey.ts';
import type { Question } from '../question/question.ts';
import type { Words } from '../words/translate.ts';
import { useWords } from './context.ts';

interface Properties {
  readonly plan: Plan;
  readonly model: string;
  readonly version: string;
  /** undefined = not known yet. */
  readonly largest: number | null | undefined;
  readonly trained: number;
  readonly speed: SpeedEstimate | null;
  readonly help: readonly Help[];
  /** The largest quantization below the model's own that fits as asked. */
  readonly smaller: SweepRow | null;
  readonly notes: readonly string[];
  readonly onTry: (change: Partial<Question>) => void;
}

/** The title of an answer, in the words that /fit uses. */
export function verdictText(words: Words, plan: Plan, model: string, version: string): string {
  const used = plan.gpus.filter((gpu) => gpu.layers > 0 || gpu.weightsBytes > 0);
  const wanted = plan.reason.params.needText;
  const kind = plan.verdict === 'partial' && plan.placement.overrides > 0 ? 'partial-experts' : plan.verdict;
  return (
    words.shared(`fit.title.${kind}`, {
      model,
      ctx: plan.numCtx,
      need:
        plan.verdict === 'refused'
          ? typeof wanted === 'string'
            ? wanted
            : formatBytes(plan.sizeBytes, words.locale)
          : used.reduce((sum, gpu) => sum + gpu.totalBytes, 0),
      gpus: used.length,
      spare: used.length === 0 ? 0 : Math.min(...used.map((gpu) => gpu.headroomBytes)),
      layers: plan.placement.gpuLayers,
      total: plan.placement.totalLayers,
      host: plan.host.weightsBytes + plan.host.cacheBytes,
      version,
    }) ?? plan.verdict
  );
}

/** Words for a reason or a remark of the estimator; null where the title says it. */
export function remark(words: Words, area: 'reason' | 'note', { code, params }: Coded): string | null {
  const priced = 'gpuNeededBytes' in params;
  const detail =
    code === 'refused-system-memory' && priced ? '-no-layers' : code === 'cpu-no-layers' && !priced ? '-anywhere' : '';
  return words.shared(`${area}.${code}${detail}`, params);
}

export function Verdict(properties: Properties) {
  const { plan, model, version, largest, trained, speed, help, smaller, notes, onTry } = properties;
  const words = useWords();
  const reason = remark(words, 'reason', plan.reason);
  const remarks = [
    ...(plan.ollamaError === undefined ? [] : [words.shared('fit.note.refused', { text: plan.ollamaError })]),
    ...plan.notes.map((note) => remark(words, 'note', note)),
    ...notes.map((code) => words.shared(`note.${code}`)),
  ].filter((text) => text !== null);
  return (
    <div class={`verdict ${plan.verdict}`}>
      <VerdictMark verdict={plan.verdict} />
      <div>
        <p class="headline" role="status" data-verdict={plan.verdict}>
          {verdictText(words, plan, model, version)}
        </p>
        {reason !== null && <p class="reason">{reason}</p>}
        <p class="largest" data-largest={largest === undefined ? undefined : (largest ?? 'none')}>
          {largest === undefined
            ? words.t('answer.searching')
            : largest === null
              ? words.shared('fit.largest.none')
              : trained > 0 && largest >= trained
                ? words.shared('fit.largest.all', { ctx: largest })
                : words.shared('fit.largest', { ctx: largest, trained: trained > 0 ? trained : '?' })}
        </p>
        {speed !== null && <p class="largest">{speedText(words, speed)}</p>}
        {(help.length > 0 || smaller !== null) && <HelpList help={help} smaller={smaller} onTry={onTry} />}
        {remarks.length > 0 && (
          <ul class="remarks">
            {remarks.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

/** Estimated, so no finer than it is known. */
function speedText(words: Words, speed: SpeedEstimate): string | null {
  const about = (tokens: number) =>
    tokens < 9.95 ? tokens.toFixed(1) : String(tokens < 100 ? Math.round(tokens) : Math.round(tokens / 10) * 10);
  const now = about(speed.generatedTokensPerSecond);
  const full = about(speed.generatedAtFullContext);
  return words.shared(now === full ? 'speed.about' : 'speed.about-full', { speed: now, full });
}

function HelpList({ help, smaller, onTry }: Pick<Properties, 'help' | 'smaller' | 'onTry'>) {
  const words = useWords();
  return (
    <div class="help">
      <h3>{words.shared('fit.help')}</h3>
      <ul>
        {help.map((one) => (
          <li key={one.kind}>
            {helpText(words, one)}{' '}
            {one.kind !== 'more-gpus' && (
              <button type="button" class="chip" onClick={() => onTry(changeOf(one))}>
                {words.t('help.try')}
              </button>
            )}
          </li>
        ))}
        {smaller !== null && (
          <li>
            {words.t('help.quantization', { target: smaller.target, ctx: smaller.largestCtx ?? 0 })}{' '}
            <button type="button" class="chip" onClick={() => onTry({ quant: smaller.target })}>
              {words.t('help.try')}
            </button>
          </li>
        )}
      </ul>
    </div>
  );
}

function helpText(words: Words, help: Help): string | null {
  switch (help.kind) {
    case 'shorter-context':
      return words.shared('fit.help.shorter-context', { ctx: help.ctx });
    case 'quantized-cache':
      return words.shared('fit.help.quantized-cache', { type: help.type });
    case 'fewer-slots':
      return words.shared('fit.help.fewer-slots', { from: help.from, to: help.to });
    case 'more-gpus':
      return words.shared('fit.help.more-gpus', { gpus: help.gpus });
  }
}

function changeOf(help: Help): Partial<Question> {
  switch (help.kind) {
    case 'shorter-context':
      return { ctx: help.ctx };
    case 'quantized-cache':
      return { kv: help.type, flash: 'auto' };
    case 'fewer-slots':
      return { slots: help.to };
    case 'more-gpus':
      return {};
  }
}

/** A sign beside the words, told apart by its shape as well as by its colour. */
export function VerdictMark({ verdict }: { readonly verdict: VerdictName }) {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <circle cx="16" cy="16" r="15" />
      {verdict === 'fits' && <path d="M9 16.5l5 5 9.5-11" />}
      {verdict === 'partial' && <path d="M16 8v10M16 23.2v.3" />}
      {(verdict === 'cpu' || verdict === 'refused') && <path d="M11 11l10 10M21 11l-10 10" />}
    </svg>
  );
}
