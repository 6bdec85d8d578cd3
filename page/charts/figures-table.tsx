import { formatDecimal } from '../../src/base/format.ts';
import type { EstimateServer, Plan } from '../../src/estimator/index.ts';
import { shortName } from '../question/groups.ts';
import { useWords } from '../view/context.ts';
import { gpuFigures, gpuLabels, hostParts, PART_KEYS, type PartKey } from './parts.ts';

interface Properties {
  readonly plan: Plan;
  readonly server: EstimateServer;
}

/** The figures of the answer, as /fit tells them. Each cell also carries its exact bytes. */
export function FiguresTable({ plan, server }: Properties) {
  const words = useWords();
  const figures = gpuFigures(plan, server.gpus);
  const labels = gpuLabels(server.gpus, shortName);
  const columns = PART_KEYS.filter(
    (key) => key !== 'others' && (key !== 'projector' || plan.gpus.some((gpu) => gpu.projectorBytes > 0)),
  );
  const title = (key: PartKey | 'left') => words.shared(`fit.column.${key}`) ?? key;
  const showsOthers = figures.some(({ parts }) => parts.others > 0);
  const total = (key: PartKey) => figures.reduce((sum, { parts }) => sum + parts[key], 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keyboard
    <section class="table-scroll" tabIndex={0} aria-label={words.t('table.caption')}>
      <table data-size-vram={plan.sizeVramBytes} data-size={plan.sizeBytes}>
        <caption class="visually-hidden">{words.t('table.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">GiB</th>
            {columns.map((key) => (
              <th scope="col" key={key}>
                {title(key)}
              </th>
            ))}
            {showsOthers && <th scope="col">{title('others')}</th>}
            <th scope="col">{title('left')}</th>
          </tr>
        </thead>
        <tbody>
          {figures.map(({ parts, leftBytes }, index) => (
            <tr key={labels[index]} data-gpu={index}>
              <th scope="row">{labels[index]}</th>
              {columns.map((key) => (
                <Cell key={key} part={key} bytes={parts[key]} />
              ))}
              {showsOthers && <Cell part="others" bytes={parts.others} />}
              <Cell part="left" bytes={leftBytes} />
            </tr>
          ))}
          {figures.length > 1 && (
            <tr class="sum">
              <th scope="row">{words.t('table.sum')}</th>
              {columns.map((key) => (
                <Cell key={key} part={key} bytes={total(key)} />
              ))}
              {showsOthers && <Cell part="others" bytes={total('others')} />}
              <Cell part="left" bytes={figures.reduce((sum, { leftBytes }) => sum + leftBytes, 0)} />
            </tr>
          )}
          {plan.host.totalBytes > 0 && (
            <tr data-gpu="host">
              <th scope="row">{words.shared('fit.row.host')}</th>
              {columns.map((key) => (
                <Cell key={key} part={key} bytes={hostParts(plan.host)[key]} />
              ))}
              {showsOthers && <td />}
              <td />
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

function Cell({ part, bytes }: { readonly part: PartKey | 'left'; readonly bytes: number }) {
  return (
    <td data-part={part} data-bytes={bytes} class={bytes < 0 ? 'negative' : undefined}>
      {bytes === 0 ? '–' : formatDecimal(bytes / 2 ** 30, 2)}
    </td>
  );
}
