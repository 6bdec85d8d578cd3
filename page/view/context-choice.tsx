import { useEffect, useId, useState } from 'preact/hooks';
import { readContextLength } from '../../src/base/context-length.ts';
import { formatInteger } from '../../src/base/format.ts';
import { contextSteps, nearestStep, octaves, placeOf, shortContext } from '../question/contexts.ts';
import { useWords } from './context.ts';

interface Properties {
  readonly ctx: number;
  /** The longest that can be asked for: what the model was trained for. */
  readonly most: number;
  /** Tokens; null = none fits; undefined = not known yet. */
  readonly largest: number | null | undefined;
  readonly onChange: (ctx: number) => void;
}

export function ContextChooser({ ctx, most, largest, onChange }: Properties) {
  const words = useWords();
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const [isBad, setBad] = useState(false);
  useEffect(() => {
    setTyped(null);
    setBad(false);
  }, [ctx]);
  const steps = contextSteps(most);
  const place = largest === undefined ? 1 : placeOf(largest ?? 0, most);
  const take = () => {
    if (typed === null) {
      return;
    }
    const read = readContextLength(typed);
    setBad(read === null);
    if (read !== null) {
      setTyped(null);
      onChange(read);
    }
  };
  const labels = octaves(most).filter((_, index, all) => all.length <= 7 || index % 2 === (all.length - 1) % 2);
  return (
    <section class="card context" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        {words.t('ctx')}
        {largest !== undefined && largest !== null && (
          <span class="aside">
            <button type="button" class="link" onClick={() => onChange(largest)}>
              {words.t('ctx.largest', { ctx: largest })}
            </button>
          </span>
        )}
      </h2>
      <div class="context-row">
        <div class="slider">
          <svg class="track" aria-hidden="true" focusable="false" width="100%" height="8">
            <rect class={largest === undefined ? 'unknown' : 'over'} width="100%" height="8" rx="4" />
            {largest !== undefined && <rect class="fits" width={`${(place * 100).toFixed(2)}%`} height="8" rx="4" />}
          </svg>
          <input
            type="range"
            aria-label={words.t('ctx.slider')}
            aria-valuetext={words.t('ctx.tokens', { ctx })}
            min={0}
            max={steps.length - 1}
            step={1}
            value={nearestStep(steps, ctx)}
            onInput={(event) => onChange(steps[Number(event.currentTarget.value)] ?? ctx)}
          />
          <svg class="scale" aria-hidden="true" focusable="false" width="100%" height="16">
            {labels.map((label) => (
              <text
                key={label}
                x={`${(placeOf(label, most) * 100).toFixed(2)}%`}
                y="12"
                text-anchor={placeOf(label, most) > 0.97 ? 'end' : 'middle'}
              >
                {shortContext(label)}
              </text>
            ))}
          </svg>
        </div>
        <input
          class="number"
          type="text"
          inputMode="numeric"
          aria-label={words.t('ctx')}
          aria-invalid={isBad}
          aria-describedby={isBad ? `${id}-bad` : undefined}
          value={typed ?? formatInteger(ctx, words.locale)}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onBlur={take}
          onKeyDown={(event) => {
            if (event.key === 'Enter') {
              take();
            }
          }}
        />
      </div>
      {isBad && (
        <p id={`${id}-bad`} class="problem" role="alert">
          {words.t('ctx.bad')}
        </p>
      )}
    </section>
  );
}
