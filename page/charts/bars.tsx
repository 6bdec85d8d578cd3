import { formatBytes, formatGib } from '../../src/base/format.ts';
import type { EstimateServer, Plan } from '../../src/estimator/index.ts';
import { shortName } from '../question/groups.ts';
import { useWords } from '../view/context.ts';
import { gpuFigures, gpuLabels, hostParts, PART_KEYS, type PartKey } from './parts.ts';

interface Properties {
  readonly plan: Plan;
  readonly server: EstimateServer;
  readonly model: string;
}

interface Bar {
  readonly label: string;
  readonly note: string;
  readonly parts: Readonly<Record<PartKey, number>>;
  /** null = not known: system memory. */
  readonly capacityBytes: number | null;
  readonly overBytes: number;
}

const HEIGHT = 30;

/** One bar a GPU and one for system memory, all to one scale, so that a larger card is longer. */
export function Bars({ plan, server, model }: Properties) {
  const words = useWords();
  const labels = gpuLabels(server.gpus, shortName);
  const bars = gpuFigures(plan, server.gpus).map(({ device, parts, leftBytes }, index): Bar => {
    const used = PART_KEYS.reduce((sum, key) => sum + parts[key], 0);
    return {
      label:
        device.name === 'GPU'
          ? labels[index]!
          : `${server.gpus.length > 1 ? `${index} ` : ''}${shortName(device.name)}`,
      note: `${(used / 2 ** 30).toFixed(1)} / ${formatGib(device.totalBytes, words.locale)}`,
      parts,
      capacityBytes: device.totalBytes,
      overBytes: Math.max(0, -leftBytes),
    };
  });
  if (plan.host.totalBytes > 0) {
    bars.push({
      label: words.shared('fit.row.host') ?? 'RAM',
      note: formatBytes(plan.host.totalBytes, words.locale),
      parts: hostParts(plan.host),
      capacityBytes: null,
      overBytes: 0,
    });
  }
  const scale = Math.max(
    1,
    ...bars.map(({ capacityBytes, parts }) =>
      Math.max(
        capacityBytes ?? 0,
        PART_KEYS.reduce((sum, key) => sum + parts[key], 0),
      ),
    ),
  );
  const shown = PART_KEYS.filter((key) => bars.some(({ parts }) => parts[key] > 0));
  const summary = bars.map(({ label, note }) => `${label} ${note}`).join(', ');
  const spills = plan.verdict !== 'fits';
  return (
    <figure class="bars">
      <div
        class="bar-grid"
        role="img"
        aria-label={words.shared('fit.picture.alt', { model, ctx: plan.numCtx, gpus: summary }) ?? summary}
      >
        <Hatch />
        {bars.map((bar) => (
          <div class="bar" key={bar.label}>
            <span class="bar-label">{bar.label}</span>
            <BarDrawing bar={bar} scale={scale} spilled={bar.capacityBytes === null && spills} />
            <span class="bar-note">
              {bar.note}
              {bar.overBytes > 0 && <strong> {words.t('bars.over', { bytes: bar.overBytes })}</strong>}
            </span>
          </div>
        ))}
      </div>
      <figcaption class="legend">
        {shown.map((key) => (
          <span key={key} class={`key part-${key}`}>
            <svg width="12" height="12" aria-hidden="true" focusable="false">
              <rect width="12" height="12" rx="3" />
            </svg>
            {words.shared(`fit.column.${key}`) ?? key}
          </span>
        ))}
        {spills && plan.host.totalBytes > 0 && (
          <span class="key">
            <svg width="12" height="12" aria-hidden="true" focusable="false">
              <rect width="12" height="12" rx="3" class="spill-key" />
              <rect width="12" height="12" rx="3" fill="url(#hatch)" />
            </svg>
            {words.t('bars.spilled')}
          </span>
        )}
      </figcaption>
    </figure>
  );
}

function BarDrawing({ bar, scale, spilled }: { readonly bar: Bar; readonly scale: number; readonly spilled: boolean }) {
  const per = (bytes: number) => `${((bytes / scale) * 100).toFixed(3)}%`;
  let from = 0;
  const pieces = PART_KEYS.map((key) => {
    const piece = { key, from, bytes: bar.parts[key] };
    from += piece.bytes;
    return piece;
  }).filter(({ bytes }) => bytes > 0);
  return (
    <svg class="bar-drawing" width="100%" height={HEIGHT} aria-hidden="true" focusable="false">
      {bar.capacityBytes !== null && <rect class="room" width={per(bar.capacityBytes)} height={HEIGHT} rx="5" />}
      {pieces.map(({ key, from: start, bytes }) => (
        <rect key={key} class={`part part-${key}`} x={per(start)} width={per(bytes)} height={HEIGHT} />
      ))}
      {spilled && <rect width={per(from)} height={HEIGHT} fill="url(#hatch)" />}
      {bar.capacityBytes !== null && bar.overBytes > 0 && (
        <>
          <rect
            class="over"
            x={per(bar.capacityBytes)}
            width={per(Math.max(from - bar.capacityBytes, 0))}
            height={HEIGHT}
          />
          <rect
            x={per(bar.capacityBytes)}
            width={per(Math.max(from - bar.capacityBytes, 0))}
            height={HEIGHT}
            fill="url(#hatch)"
          />
        </>
      )}
      {bar.capacityBytes !== null && <rect class="frame" width={per(bar.capacityBytes)} height={HEIGHT} rx="5" />}
    </svg>
  );
}

/** Stripes over what is not where it should be. */
function Hatch() {
  return (
    <svg class="defs" width="0" height="0" aria-hidden="true" focusable="false">
      <defs>
        <pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="3" height="8" class="stripe" />
        </pattern>
      </defs>
    </svg>
  );
}
