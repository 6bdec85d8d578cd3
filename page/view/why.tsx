import { useState } from 'preact/hooks';
import { formatBytes } from '../../src/base/format.ts';
import { explain, type ModelSpec, type Plan } from '../../src/estimator/index.ts';
import type { Asked } from '../estimate/ask.ts';
import { useWords } from './context.ts';

interface Properties {
  readonly spec: ModelSpec;
  readonly plan: Plan;
  readonly asked: Asked;
}

/** Every figure with its formula and where the formula comes from; worked out when somebody looks. */
export function Why({ spec, plan, asked }: Properties) {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="card why" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>{words.t('why')}</h2>
      </summary>
      {isOpen && (
        <dl>
          {explain(spec, plan, asked.server, asked.request).map((figure) => {
            const name = words.shared(`explain.${figure.label}`) ?? figure.label;
            const device =
              figure.device === undefined
                ? ''
                : figure.device === 'host'
                  ? `${words.shared('fit.row.host')} · `
                  : `GPU ${figure.device} · `;
            return (
              <div key={`${figure.device} ${figure.label}`}>
                <dt>
                  {device}
                  {name}
                </dt>
                <dd>
                  <strong>{formatBytes(figure.valueBytes, words.locale)}</strong> = {figure.formula}
                  <cite>
                    {words.t('why.source')}: {figure.source}
                  </cite>
                </dd>
              </div>
            );
          })}
        </dl>
      )}
    </details>
  );
}
