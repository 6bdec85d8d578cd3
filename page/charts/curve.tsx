import { useRef } from 'preact/hooks';
import { formatBytes, formatDecimal } from '../../src/base/format.ts';
import type { EstimateServer, Plan } from '../../src/estimator/index.ts';
import type { CurvePoint } from '../estimate/survey.ts';
import { contextSteps, nearestStep, octaves, placeOf, shortContext } from '../question/contexts.ts';
import { useWords } from '../view/context.ts';
import { useWidth } from './use-width.ts';

interface Properties {
  /** In the order of contexts. */
  readonly points: readonly CurvePoint[];
  readonly server: EstimateServer;
  readonly plan: Plan | null;
  readonly ctx: number;
  readonly most: number;
  readonly largest: number | null | undefined;
  readonly onChoose: (ctx: number) => void;
}

const HEIGHT = 260;
const LEFT = 44;
const RIGHT = 12;
const TOP = 26;
const BOTTOM = 28;

/** What is taken at each context, on the GPUs and beside them, and the line where it stops fitting. */
export function Curve({ points, server, plan, ctx, most, largest, onChoose }: Properties) {
  const words = useWords();
  const element = useRef<HTMLDivElement>(null);
  const width = useWidth(element, 640);
  const free = server.gpus.reduce((sum, { freeBytes }) => sum + freeBytes, 0);
  const now =
    plan === null ? null : { gpu: plan.gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0), host: plan.host.totalBytes };
  const top =
    Math.max(free, (now?.gpu ?? 0) + (now?.host ?? 0), ...points.map((point) => point.gpuBytes + point.hostBytes), 1) *
    1.08;
  const x = (at: number) => LEFT + placeOf(at, most) * (width - LEFT - RIGHT);
  const y = (bytes: number) => HEIGHT - BOTTOM - (bytes / top) * (HEIGHT - TOP - BOTTOM);
  const area = (lower: (point: CurvePoint) => number, upper: (point: CurvePoint) => number): string => {
    const there = points.map((point) => `${x(point.ctx).toFixed(1)},${y(upper(point)).toFixed(1)}`);
    const back = [...points].reverse().map((point) => `${x(point.ctx).toFixed(1)},${y(lower(point)).toFixed(1)}`);
    return `M${[...there, ...back].join('L')}Z`;
  };
  const choose = (event: PointerEvent) => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (width - LEFT - RIGHT);
    const steps = contextSteps(most);
    const wanted = 512 * (most / 512) ** Math.min(1, Math.max(0, share));
    onChoose(steps[nearestStep(steps, wanted)] ?? ctx);
  };
  const first = points[0];
  const last = points.at(-1);
  const alt =
    first === undefined || last === undefined
      ? words.t('curve')
      : words.t('curve.alt', {
          from: first.gpuBytes + first.hostBytes,
          least: first.ctx,
          to: last.gpuBytes + last.hostBytes,
          most: last.ctx,
          free,
        });
  const labels = octaves(most).filter((_, index, all) => width / all.length > 52 || index % 2 === (all.length - 1) % 2);
  const border = largest === undefined ? null : x(largest ?? 1);
  return (
    <figure class="curve">
      <div ref={element}>
        <svg
          role="img"
          aria-label={alt}
          width={width}
          height={HEIGHT}
          onPointerDown={choose}
          onPointerMove={(event) => {
            if (event.buttons === 1) {
              choose(event);
            }
          }}
        >
          {ticks(top).map((bytes) => (
            <g key={bytes} class="grid">
              <line x1={LEFT} x2={width - RIGHT} y1={y(bytes)} y2={y(bytes)} />
              <text x={LEFT - 8} y={y(bytes) + 4} text-anchor="end">
                {formatDecimal(bytes / 2 ** 30, 0)}
              </text>
            </g>
          ))}
          <text class="unit" x={LEFT - 8} y={TOP - 12} text-anchor="end">
            GiB
          </text>
          {labels.map((label) => (
            <text
              key={label}
              class="grid-label"
              x={x(label)}
              y={HEIGHT - 8}
              text-anchor={placeOf(label, most) > 0.96 ? 'end' : 'middle'}
            >
              {shortContext(label)}
            </text>
          ))}
          {border !== null && border < width - RIGHT - 1 && (
            <rect
              class="beyond"
              x={Math.max(border, LEFT)}
              y={TOP}
              width={Math.max(0, width - RIGHT - Math.max(border, LEFT))}
              height={HEIGHT - TOP - BOTTOM}
            />
          )}
          {points.length > 1 && (
            <>
              <path
                class="area-gpu"
                d={area(
                  () => 0,
                  (point) => point.gpuBytes,
                )}
              />
              <path
                class="area-host"
                d={area(
                  (point) => point.gpuBytes,
                  (point) => point.gpuBytes + point.hostBytes,
                )}
              />
              <path
                class="area-host-stripes"
                fill="url(#hatch)"
                d={area(
                  (point) => point.gpuBytes,
                  (point) => point.gpuBytes + point.hostBytes,
                )}
              />
            </>
          )}
          <line class="limit" x1={LEFT} x2={width - RIGHT} y1={y(free)} y2={y(free)} />
          <text class="limit-label" x={LEFT + 6} y={y(free) - 6}>
            {words.t('curve.free', { bytes: free })}
          </text>
          {largest !== null && border !== null && (
            <g class="border">
              <line x1={border} x2={border} y1={TOP} y2={HEIGHT - BOTTOM} />
              <text
                x={border + (border > width * 0.6 ? -6 : 6)}
                y={TOP - 10}
                text-anchor={border > width * 0.6 ? 'end' : 'start'}
              >
                {words.t('ctx.largest', { ctx: largest ?? 0 })}
              </text>
            </g>
          )}
          {now !== null && (
            <g class="now">
              <line x1={x(ctx)} x2={x(ctx)} y1={y(now.gpu + now.host)} y2={HEIGHT - BOTTOM} />
              <circle cx={x(ctx)} cy={y(now.gpu + now.host)} r="5" />
            </g>
          )}
        </svg>
      </div>
      <figcaption class="legend">
        <span class="key part-weights">
          <svg width="12" height="12" aria-hidden="true" focusable="false">
            <rect width="12" height="12" rx="3" />
          </svg>
          {words.t('curve.gpu')}
        </span>
        {points.some((point) => point.hostBytes > 0) && (
          <span class="key">
            <svg width="12" height="12" aria-hidden="true" focusable="false">
              <rect width="12" height="12" rx="3" class="spill-key" />
              <rect width="12" height="12" rx="3" fill="url(#hatch)" />
            </svg>
            {formatBytes(now?.host ?? 0, words.locale) === '0 MiB' || now === null
              ? words.t('bars.spilled')
              : words.t('bars.ram', { bytes: now.host })}
          </span>
        )}
        <span class="hint">{words.t('curve.hint')}</span>
      </figcaption>
    </figure>
  );
}

/** Three to six round sizes below the top, bytes. */
function ticks(top: number): readonly number[] {
  const gib = top / 2 ** 30;
  const raw = gib / 4;
  const power = 2 ** Math.max(0, Math.round(Math.log2(Math.max(raw, 1))));
  const found: number[] = [];
  for (let at = 0; at <= gib && found.length < 12; at += power) {
    found.push(at * 2 ** 30);
  }
  return found;
}
