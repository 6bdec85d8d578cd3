import { describe, expect, it } from 'vitest';
import type { OllamaClient, PullProgress } from '../../src/ollama/types.ts';
import { createPulls } from '../../src/servers/pulling.ts';
import type { Server } from '../../src/servers/types.ts';

/** A server whose downloads go on until they are given up. */
function server(name: string): Server {
  async function* pull(_model: string, { signal }: { signal: AbortSignal }): AsyncGenerator<PullProgress> {
    yield { status: 'pulling manifest', digest: null, totalBytes: null, completedBytes: null };
    signal.throwIfAborted();
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  }
  return { name, ollama: { pull } as unknown as OllamaClient } as Server;
}

const forever = new AbortController().signal;

describe('the downloads of a process', () => {
  it('are one of a model on a server, however it is spelled, and another server is free', async () => {
    const pulls = createPulls(Date.now);
    const ids: string[] = [];
    const begin = (where: Server, model: string) => pulls.start(where, model, ({ id }) => ids.push(id), forever);
    const [main, other] = [server('main'), server('other')];
    const first = begin(main, 'qwen3:latest');
    expect(() => begin(main, 'Library/Qwen3')).toThrow('pull-running');
    const second = begin(other, 'qwen3');
    await expect.poll(() => ids.length).toBe(2);
    expect(pulls.cancel(ids[0]!)).toMatchObject({ server: 'main', model: 'qwen3:latest' });
    expect(await first).toMatchObject({ result: 'canceled' });
    expect(pulls.cancel(ids[0]!)).toBe(null);
    const again = begin(main, 'qwen3');
    await expect.poll(() => ids.length).toBe(3);
    for (const id of ids.slice(1)) {
      pulls.cancel(id);
    }
    expect((await Promise.all([second, again])).map(({ result }) => result)).toEqual(['canceled', 'canceled']);
  });

  it('are bounded in number, and give their place back', async () => {
    const pulls = createPulls(Date.now);
    const stop = new AbortController();
    const running = [1, 2, 3, 4].map((n) => pulls.start(server(`s${n}`), 'qwen3', () => undefined, stop.signal));
    expect(() => pulls.start(server('s5'), 'qwen3', () => undefined, forever)).toThrow('pull-too-many');
    stop.abort();
    await Promise.all(running);
    const one = new AbortController();
    const next = pulls.start(server('s5'), 'qwen3', () => undefined, one.signal);
    one.abort();
    expect(await next).toMatchObject({ result: 'canceled' });
  });
});
