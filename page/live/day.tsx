import { useEffect, useState } from 'preact/hooks';
import { useWords } from '../view/context.ts';
import { askBot, serverPath } from './client.ts';
import type { LiveHistory } from './types.ts';

/** How often the day is read again, ms. */
const AGAIN_MS = 5 * 60_000;
const WIDTH = 240;
const HEIGHT = 36;

/** Memory in use on each GPU over the last day, a small curve each; gaps stay gaps. */
export function Day({ server }: { readonly server: string }) {
  const words = useWords();
  const [history, setHistory] = useState<LiveHistory | null>(null);
  useEffect(() => {
    let ended = false;
    const read = () => {
      askBot<LiveHistory>(serverPath(server, 'history', { window: '24h' })).then(
        (answer) => {
          if (!ended) {
            setHistory(answer);
          }
        },
        () => undefined,
      );
    };
    read();
    const timer = setInterval(read, AGAIN_MS);
    return () => {
      ended = true;
      clearInterval(timer);
    };
  }, [server]);
  if (history === null || history.gpus.length === 0) {
    return <p class="hint">{words.t('live.day-none')}</p>;
  }
  return (
    <ul class="day">
      {history.gpus.map((gpu, index) => {
        const known = gpu.usedBytes.filter((bytes) => bytes !== null);
        const most = Math.max(0, ...known);
        return (
          <li key={`${index} ${gpu.name}`}>
            <span class="detail">GPU {index}</span>
            <svg
              viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
              preserveAspectRatio="none"
              role="img"
              aria-label={words.t('live.day-alt', { gpu: index, most, bytes: gpu.totalBytes })}
            >
              <rect class="room" width={WIDTH} height={HEIGHT} />
              {strokes(gpu.usedBytes, gpu.totalBytes).map((path) => (
                <path key={path} d={path} />
              ))}
            </svg>
          </li>
        );
      })}
    </ul>
  );
}

/** One closed shape for each stretch without a gap. */
function strokes(used: readonly (number | null)[], total: number): readonly string[] {
  const x = (index: number) => ((index / Math.max(used.length - 1, 1)) * WIDTH).toFixed(1);
  const paths: string[] = [];
  let stretch: string[] = [];
  let first = 0;
  for (const [index, bytes] of [...used, null].entries()) {
    if (bytes !== null) {
      if (stretch.length === 0) {
        first = index;
      }
      stretch.push(`${x(index)},${(HEIGHT - Math.min(1, bytes / total) * HEIGHT).toFixed(1)}`);
    } else if (stretch.length > 0) {
      paths.push(`M${x(first)},${HEIGHT}L${stretch.join('L')}L${x(index - 1)},${HEIGHT}Z`);
      stretch = [];
    }
  }
  return paths;
}
