import { formatBytes, formatInteger } from '../../src/base/format.ts';
import { SWEEP_TARGETS, type SweepRow } from '../../src/estimator/index.ts';
import { placeOf } from '../question/contexts.ts';
import { useWords } from '../view/context.ts';

interface Properties {
  readonly rows: ReadonlyMap<string, SweepRow>;
  readonly chosen: string | null;
  readonly ctx: number;
  readonly most: number;
  readonly onChoose: (target: string | null) => void;
}

/** Each quantization with the largest context that it leaves room for; a press takes it. */
export function Sweep({ rows, chosen, ctx, most, onChoose }: Properties) {
  const words = useWords();
  return (
    <ul class="sweep">
      {SWEEP_TARGETS.map((target) => {
        const row = rows.get(target);
        if (row?.verdict === 'refused-by-quantizer') {
          return null;
        }
        const state =
          row === undefined
            ? 'waiting'
            : row.verdict === 'fits'
              ? 'fits'
              : row.largestCtx === null
                ? 'none'
                : 'shorter';
        return (
          <li key={target}>
            <button
              type="button"
              class={`sweep-row ${state}`}
              aria-pressed={chosen === target}
              onClick={() => onChoose(chosen === target ? null : target)}
            >
              <span class="target">{target}</span>
              <span class="size">{row?.bytes === undefined ? '' : formatBytes(row.bytes, words.locale)}</span>
              <svg width="100%" height="14" aria-hidden="true" focusable="false">
                <rect class="room" width="100%" height="14" rx="4" />
                {row !== undefined && row.largestCtx !== null && (
                  <rect
                    class="reach"
                    width={`${(placeOf(row.largestCtx, most) * 100).toFixed(2)}%`}
                    height="14"
                    rx="4"
                  />
                )}
                <line
                  class="asked"
                  x1={`${(placeOf(ctx, most) * 100).toFixed(2)}%`}
                  x2={`${(placeOf(ctx, most) * 100).toFixed(2)}%`}
                  y1="0"
                  y2="14"
                />
              </svg>
              <span class="visually-hidden">{words.t('sweep.largest')}</span>
              <span class="reach-label">
                {row === undefined
                  ? ''
                  : row.largestCtx === null
                    ? words.t('sweep.none')
                    : formatInteger(row.largestCtx, words.locale)}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
