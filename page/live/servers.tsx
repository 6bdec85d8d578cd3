import { useEffect, useState } from 'preact/hooks';
import { formatBytes, formatDuration, formatGib } from '../../src/base/format.ts';
import { shortName } from '../question/groups.ts';
import { useWords } from '../view/context.ts';
import { Day } from './day.tsx';
import type { LiveGpu, LiveModel, LiveServer, LiveState } from './types.ts';

interface Properties {
  readonly state: LiveState;
  readonly chosen: string | null;
  readonly onChoose: (server: string | null) => void;
}

/** The team's servers as they are now. */
export function Servers({ state, chosen, onChoose }: Properties) {
  const words = useWords();
  const now = useNow(state.takenAtMs);
  return (
    <>
      {state.simulated && <p class="hint">{words.shared('fit.note.simulated')}</p>}
      <ul class="servers">
        {state.servers.map((server) => (
          <li key={server.name}>
            <ServerCard server={server} now={now} isChosen={server.name === chosen} onChoose={onChoose} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** The bot's time, going on between what it tells. */
function useNow(toldMs: number): number {
  const [ahead, setAhead] = useState(0);
  useEffect(() => {
    const since = performance.now();
    setAhead(0);
    const timer = setInterval(() => setAhead(performance.now() - since), 1_000);
    return () => clearInterval(timer);
  }, [toldMs]);
  return toldMs + ahead;
}

interface CardProperties {
  readonly server: LiveServer;
  readonly now: number;
  readonly isChosen: boolean;
  readonly onChoose: (server: string | null) => void;
}

function ServerCard({ server, now, isChosen, onChoose }: CardProperties) {
  const words = useWords();
  const { name, ollama, gpus, models, queue, takenAtMs } = server;
  const isUp = ollama.state === 'up';
  return (
    <article class={`server ${isChosen ? 'chosen' : ''}`} aria-label={name}>
      <header>
        <h3>{name}</h3>
        <span class={`state ${isUp ? 'up' : 'down'}`}>
          {isUp ? words.t('runner.ollama', { version: ollama.version ?? '?' }) : words.t('live.down')}
        </span>
        <button type="button" class="button" aria-pressed={isChosen} onClick={() => onChoose(isChosen ? null : name)}>
          {words.t(isChosen ? 'live.chosen' : 'live.choose')}
        </button>
      </header>
      {gpus.length === 0 ? (
        <p class="hint">{words.t('live.gpus-unknown')}</p>
      ) : (
        <ul class="live-gpus">
          {gpus.map((gpu, index) => (
            <GpuLine key={`${index} ${gpu.name}`} gpu={gpu} index={index} />
          ))}
        </ul>
      )}
      <h4>{words.t('live.day')}</h4>
      <Day server={name} />
      <h4>{words.t('live.loaded')}</h4>
      {models === null || models.length === 0 ? (
        <p class="hint">{words.t(models === null ? 'live.models-unknown' : 'live.models-none')}</p>
      ) : (
        <ul class="loaded">
          {models.map((model) => (
            <ModelLine key={model.name} model={model} now={now} />
          ))}
        </ul>
      )}
      {queue.length > 0 && (
        <>
          <h4>{words.t('live.queue')}</h4>
          <ol class="loaded">
            {queue.map(({ model, kind }, index) => (
              <li key={`${index} ${model}`}>{words.t(`live.queue.${kind}`, { model })}</li>
            ))}
          </ol>
        </>
      )}
      {takenAtMs !== null && (
        <p class="hint">
          {words.t(server.stale ? 'live.stale' : 'live.age', {
            age: formatDuration(Math.max(0, now - takenAtMs), words.locale),
          })}
        </p>
      )}
    </article>
  );
}

function GpuLine({ gpu, index }: { readonly gpu: LiveGpu; readonly index: number }) {
  const words = useWords();
  const { totalBytes, usedBytes, ollamaBytes, othersBytes, utilPct, tempC } = gpu;
  const share = (bytes: number | null) => `${(((bytes ?? 0) / Math.max(totalBytes ?? 1, 1)) * 100).toFixed(2)}%`;
  const ollama = ollamaBytes ?? 0;
  const others = othersBytes ?? Math.max(0, (usedBytes ?? 0) - ollama);
  const known = totalBytes !== null && usedBytes !== null;
  const note = known
    ? `${(usedBytes / 2 ** 30).toFixed(1)} / ${formatGib(totalBytes, words.locale)}`
    : words.t('live.gpu-state', { state: gpu.state });
  return (
    <li>
      <span class="bar-label">
        {gpu.index ?? index} {shortName(gpu.name)}
      </span>
      <svg width="100%" height="16" role="img" aria-label={words.t('live.gpu-alt', { gpu: gpu.index ?? index, note })}>
        <rect class="room" width="100%" height="16" rx="4" />
        {known && (
          <>
            <rect class="part part-weights" width={share(ollama)} height="16" />
            <rect class="part part-others" x={share(ollama)} width={share(others)} height="16" />
          </>
        )}
      </svg>
      <span class="bar-note">
        {note}
        {utilPct !== null && ` · ${Math.round(utilPct)}%`}
        {tempC !== null && ` · ${Math.round(tempC)} °C`}
      </span>
    </li>
  );
}

function ModelLine({ model, now }: { readonly model: LiveModel; readonly now: number }) {
  const words = useWords();
  const { name, sizeVramBytes, contextLength, leavesAtMs, stopping, held, holder, gpuShare } = model;
  const leaves = stopping
    ? words.t('live.stopping')
    : leavesAtMs === 'pinned'
      ? words.t('live.pinned')
      : leavesAtMs === null
        ? ''
        : words.t('live.leaves', { time: formatDuration(Math.max(0, leavesAtMs - now), words.locale) });
  return (
    <li>
      <strong>{name}</strong>
      <span class="detail">
        {[
          formatBytes(sizeVramBytes, words.locale),
          contextLength === null ? '' : words.t('ctx.tokens', { ctx: contextLength }),
          gpuShare !== null && gpuShare < 0.999 ? words.t('live.share', { share: gpuShare }) : '',
          leaves,
        ]
          .filter((text) => text !== '')
          .join(' · ')}
      </span>
      {held && (
        <span class="held">{holder === undefined ? words.t('live.held') : words.t('live.held-by', { holder })}</span>
      )}
    </li>
  );
}
