import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createServerQueue,
  MAX_WAITING,
  MAX_WAITING_PER_PERSON,
  type ServerQueue,
} from '../../../src/servers/loading/queue.ts';
import { load, order, person, type Ran, SMALL, startRig } from './rig.ts';

const open: ServerQueue[] = [];

function queue(): ServerQueue {
  const made = createServerQueue('main');
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const made of open.splice(0)) {
    await made.close();
  }
});

function job(
  personId: string,
  run: () => Promise<void>,
  more: { signal?: AbortSignal; onPlace?: (n: number) => void } = {},
) {
  return {
    personId,
    run,
    signal: more.signal ?? new AbortController().signal,
    ...(more.onPlace && { onPlace: more.onPlace }),
  };
}

async function turnsOfTimers(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await sleep(0);
  }
}

describe('the queue of a server', () => {
  it('runs one job at a time, in the order in which they came', async () => {
    const order: number[] = [];
    let running = 0;
    const line = queue();
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        line.add(
          job(`p${index}`, async () => {
            running += 1;
            expect(running).toBe(1);
            await sleep(1);
            order.push(index);
            running -= 1;
          }),
        ),
      ),
    );
    expect(order).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });

  it("lets everybody's first job go before anybody's second", async () => {
    const order: string[] = [];
    const line = queue();
    const add = (who: string, what: string) => line.add(job(who, async () => void order.push(what)));
    // Bottleneck takes in one job a turn of the timers: the gate stays shut until all have been taken in.
    const gate = line.add(job('gate', () => turnsOfTimers(50)));
    await Promise.all([gate, add('ada', 'ada 1'), add('ada', 'ada 2'), add('ada', 'ada 3'), add('bob', 'bob 1')]);
    expect(order).toEqual(['ada 1', 'bob 1', 'ada 2', 'ada 3']);
  });

  it('tells the place when it changes, and 0 when the turn has come', async () => {
    const line = queue();
    const places: number[] = [];
    const gates = [1, 2].map((index) => line.add(job(`p${index}`, () => sleep(20))));
    await line.add(job('ada', async () => undefined, { onPlace: (place) => places.push(place) }));
    await Promise.all(gates);
    expect(places).toEqual([2, 1, 0]);
  });

  it('drops a job that leaves while it waits, and goes on with the next', async () => {
    const line = queue();
    const controller = new AbortController();
    const ran: string[] = [];
    const gate = line.add(job('gate', () => sleep(20)));
    const gone = line.add(job('ada', async () => void ran.push('ada'), { signal: controller.signal }));
    const next = line.add(job('bob', async () => void ran.push('bob')));
    controller.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    await Promise.all([gate, next]);
    expect(ran).toEqual(['bob']);
  });

  it('goes on after a job that fails', async () => {
    const line = queue();
    await expect(line.add(job('ada', () => Promise.reject(new Error('broken'))))).rejects.toThrow('broken');
    await expect(line.add(job('bob', async () => undefined))).resolves.toBeUndefined();
  });

  it('is bounded, for one person and for all', async () => {
    const line = queue();
    const stop = new AbortController();
    const hang = () => new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
    const gate = line.add(job('gate', hang));
    await expect.poll(() => line.running()).toBe(1);
    const own = Array.from({ length: MAX_WAITING_PER_PERSON }, () => line.add(job('ada', async () => undefined)));
    await expect(line.add(job('ada', async () => undefined))).rejects.toMatchObject({ code: 'queue-full-person' });
    const others = Array.from({ length: MAX_WAITING - own.length }, (_, index) =>
      line.add(job(`p${index}`, async () => undefined)),
    );
    await expect(line.add(job('eve', async () => undefined))).rejects.toMatchObject({ code: 'queue-full' });
    stop.abort();
    await Promise.all([gate, ...own, ...others]);
    expect(line.waiting()).toBe(0);
  });

  it('refuses those who wait, and newcomers, once it is closed', async () => {
    const line = queue();
    const gate = line.add(job('gate', () => sleep(300)));
    await expect.poll(() => line.running()).toBe(1);
    const waiting = line.add(job('ada', async () => undefined));
    const refused = expect(waiting).rejects.toMatchObject({ code: 'queue-closed' });
    await line.close();
    await Promise.all([gate, refused]);
    await expect(line.add(job('bob', async () => undefined))).rejects.toMatchObject({ code: 'queue-closed' });
  });
});

describe('a hundred people at once on three servers', () => {
  it('are all answered, in their order on each server, never two loads at once on one', {
    timeout: 60_000,
  }, async () => {
    const rig = await startRig({ servers: 3 });
    const models = [SMALL, 'nomic-embed-text', 'gemma3:4b'];
    const begun = new Map<string, number[]>();
    const busy = new Map<string, number>();
    const seen = new Set<number>();
    let most = 0;
    const people = await Promise.all(
      Array.from({ length: 100 }, async (_, index): Promise<Ran> => {
        const server = rig.registry.servers[index % 3]!;
        const wanted = order(models[index % models.length]!, {
          numCtx: 2_048 + 256 * Math.floor(index / 30),
          by: person(`p${index}`),
        });
        const ran = await load(rig, wanted, {
          server,
          onStep: ({ name, state }) => {
            const now = busy.get(server.name) ?? 0;
            if (name === 'look' && state === 'running') {
              if (!seen.has(index)) {
                begun.set(server.name, [...(begun.get(server.name) ?? []), index]);
              }
              seen.add(index);
              busy.set(server.name, now + 1);
              most = Math.max(most, now + 1);
            }
            // Whoever waits for a holder's answer has given the turn back.
            if (name === 'ask' && state === 'running') {
              busy.set(server.name, now - 1);
            }
          },
        });
        busy.set(server.name, busy.get(server.name)! - 1);
        return ran;
      }),
    );
    expect(most).toBe(1);
    expect([...begun.keys()].sort()).toEqual(['main', 's2', 's3']);
    for (const order of begun.values()) {
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
    expect(people.every(({ outcome }) => outcome.result === 'loaded' || outcome.problem !== null)).toBe(true);
    expect(people.filter(({ outcome }) => outcome.result === 'loaded').length).toBeGreaterThanOrEqual(3);
    const rows = await rig.store.audit.list({ limit: 500, action: 'load' });
    expect(new Set(rows.map(({ personId }) => personId)).size).toBe(100);
    expect(rows).toHaveLength(100);
    expect(rig.loads.active()).toBe(0);
    expect(rig.errors).toEqual([]);
  });
});
