import type { CardShape } from '../question/groups.ts';

/** A small drawing of a card: what it looks like from the side that one sees. */
export function CardPicture({ shape }: { readonly shape: CardShape }) {
  return (
    <svg class="card-picture" viewBox="0 0 64 40" aria-hidden="true" focusable="false">
      {DRAWINGS[shape]()}
    </svg>
  );
}

function Fan({ x, y, r }: { readonly x: number; readonly y: number; readonly r: number }) {
  const blades = [0, 60, 120, 180, 240, 300];
  return (
    <g transform={`translate(${x} ${y})`}>
      <circle r={r} class="hole" />
      {blades.map((angle) => (
        <path
          key={angle}
          class="blade"
          d={`M0 0 Q ${r * 0.75} ${-r * 0.5} ${r * 0.86} ${r * 0.14}`}
          transform={`rotate(${angle})`}
        />
      ))}
      <circle r={r * 0.24} class="hub" />
    </g>
  );
}

const DRAWINGS = {
  fans: () => (
    <>
      <rect x="2" y="4" width="3" height="33" rx="1" class="bracket" />
      <rect x="6" y="7" width="55" height="25" rx="4" class="body" />
      <rect x="16" y="32" width="26" height="4" rx="1" class="contacts" />
      <Fan x={20} y={19.5} r={9.5} />
      <Fan x={46} y={19.5} r={9.5} />
    </>
  ),
  blower: () => (
    <>
      <rect x="2" y="4" width="3" height="33" rx="1" class="bracket" />
      <rect x="6" y="8" width="55" height="23" rx="2.5" class="body" />
      <rect x="16" y="31" width="26" height="4" rx="1" class="contacts" />
      <path d="M12 14h32M12 19.5h32M12 25h32" class="fins" />
      <circle cx="53" cy="19.5" r="4.5" class="hole" />
    </>
  ),
  module: () => (
    <>
      <rect x="8" y="3" width="48" height="34" rx="3" class="body" />
      <rect x="22" y="10" width="20" height="20" rx="2" class="hole" />
      <path d="M13 9v8M13 23v8M17 9v8M17 23v8M47 9v8M47 23v8M51 9v8M51 23v8" class="fins" />
      <rect x="26" y="14" width="12" height="12" rx="1" class="hub" />
    </>
  ),
  chip: () => (
    <>
      <path
        d="M20 2v4M28 2v4M36 2v4M44 2v4M20 34v4M28 34v4M36 34v4M44 34v4M8 12h5M8 20h5M8 28h5M51 12h5M51 20h5M51 28h5"
        class="fins"
      />
      <rect x="13" y="6" width="38" height="28" rx="3" class="body" />
      <rect x="23" y="12" width="18" height="16" rx="2" class="hole" />
    </>
  ),
  plain: () => (
    <>
      <rect x="4" y="9" width="56" height="22" rx="3" class="body" />
      <path d="M12 31v4M20 31v4M28 31v4M36 31v4M44 31v4M52 31v4" class="fins" />
      <rect x="10" y="14" width="9" height="12" rx="1" class="hole" />
      <rect x="22" y="14" width="9" height="12" rx="1" class="hole" />
      <rect x="34" y="14" width="9" height="12" rx="1" class="hole" />
      <rect x="46" y="14" width="9" height="12" rx="1" class="hole" />
    </>
  ),
} satisfies Record<CardShape, () => preact.JSX.Element>;
