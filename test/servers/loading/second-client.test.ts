// Another client of the same Ollama does what it likes while the bot loads: the end is told as it is, and stands.
import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../../src/catalogue/builtin.ts';
import type { LoadOrder, LoadOutcome, LoadStep } from '../../../src/servers/loading/types.ts';
import { load, MIDDLE, order, otherClient, person, type Rig, SMALL, startRig } from './rig.ts';

const bob = person('bob');
const ada = person('ada');

/** Loads take this long, so that something can happen meanwhile, ms. */
const LOAD_MS = 120;
/** After the load and before the look that proves it. */
const SETTLE_MS = 50;

/** `after the look`: the bot has seen the server, and plans with what it saw. */
type Moment = 'before' | 'after the look' | `${LoadStep['name']} ${LoadStep['state']}`;

interface Scene {
  readonly name: string;
  /** What is loaded and held before. */
  readonly given?: (rig: Rig) => Promise<unknown>;
  /** When the other client acts. */
  readonly at: Moment;
  readonly act: (rig: Rig) => Promise<unknown>;
  readonly wanted: LoadOrder;
  readonly cards?: number;
  readonly ends: Partial<LoadOutcome>;
  /** `name context`, sorted. */
  readonly loaded: readonly string[];
  readonly held?: readonly string[];
}

const api = (rig: Rig, method: string, path: string, body: object) =>
  fetch(`${rig.simulator.url}${path}`, { method, body: JSON.stringify(body) }).then((answer) => answer.arrayBuffer());
const unload = (model: string) => (rig: Rig) =>
  api(rig, 'POST', '/api/generate', { model, prompt: '', keep_alive: 0, stream: false });
const remove = (model: string) => (rig: Rig) => api(rig, 'DELETE', '/api/delete', { model });
const copy = (source: string, destination: string) => (rig: Rig) =>
  api(rig, 'POST', '/api/copy', { source, destination });
const create = (model: string, numCtx: number) => (rig: Rig) =>
  api(rig, 'POST', '/api/create', { model, from: SMALL, parameters: { num_ctx: numCtx }, stream: false });
const loads = (model: string, numCtx: number, keepAlive?: string | number) => (rig: Rig) =>
  otherClient(rig, model, numCtx, keepAlive);
const kill = (rig: Rig) => rig.simulator.kill();
const killAndRestart = async (rig: Rig) => {
  await rig.simulator.kill();
  await rig.simulator.accept();
};
const restart = (rig: Rig) => rig.simulator.restart();
const bobHolds = (model: string, numCtx: number) => (rig: Rig) =>
  load(rig, order(model, { numCtx, keepAlive: '2h', by: bob }));
/** Other names of the same weights. */
const SMALL_ONES: ReadonlySet<string> = new Set(['theirs:latest', 'copied:latest']);
const nothing = async () => undefined;

const small = (more: Partial<LoadOrder> = {}) => order(SMALL, { numCtx: 8_192, by: ada, ...more });
const middle = (more: Partial<LoadOrder> = {}) => order(MIDDLE, { numCtx: 4_096, by: ada, ...more });
const problem = (code: string) => ({ code }) as LoadOutcome['problem'];
const failed = (code: string, more: Partial<LoadOutcome> = {}) =>
  ({ result: 'failed', problem: problem(code), ...more }) as Partial<LoadOutcome>;

const SCENES: readonly Scene[] = [
  // Another context.
  {
    name: 'has loaded it with another context: it is loaded anew',
    at: 'before',
    act: loads(SMALL, 4_096),
    wanted: small(),
    ends: { result: 'loaded', numCtx: 8_192 },
    loaded: [`${SMALL} 8192`],
    held: [SMALL],
  },
  {
    name: 'has loaded it with this context: its time is renewed',
    at: 'before',
    act: loads(SMALL, 8_192),
    wanted: small(),
    ends: { result: 'loaded', renewed: true },
    loaded: [`${SMALL} 8192`],
  },
  {
    name: 'uses it with another context: nothing is touched',
    at: 'before',
    given: (rig) => rig.server.snapshot({ maxAgeMs: 0 }),
    act: loads(SMALL, 4_096),
    wanted: small(),
    ends: { result: 'needs-room', problem: problem('reload-in-use'), attempts: 0 },
    loaded: [`${SMALL} 4096`],
    held: [],
  },
  {
    name: 'has pinned what is in the way: it stays, and is named',
    at: 'before',
    act: loads(SMALL, 65_536, -1),
    wanted: middle({ numCtx: 8_192 }),
    cards: 1,
    ends: { result: 'needs-room', attempts: 0 },
    loaded: [`${SMALL} 65536`],
  },
  {
    name: 'loads it with another context after the look: the load that was asked for comes last',
    at: 'after the look',
    act: loads(SMALL, 2_048),
    wanted: small(),
    ends: { result: 'loaded', numCtx: 8_192 },
    loaded: [`${SMALL} 8192`],
  },
  {
    name: 'loads it anew with another context before the check: theirs is left',
    at: 'load done',
    act: loads(SMALL, 16_384),
    wanted: small(),
    ends: failed('load-reloaded', { lost: [] }),
    loaded: [`${SMALL} 16384`],
    held: [],
  },
  {
    name: 'asks for another context in mid-load, and gets it after: theirs is left',
    at: 'load running',
    act: loads(SMALL, 16_384),
    wanted: small(),
    ends: failed('load-reloaded'),
    loaded: [`${SMALL} 16384`],
  },
  {
    name: 'reloads a held model while another is loaded: the load stands',
    given: bobHolds(SMALL, 8_192),
    at: 'load running',
    act: loads(SMALL, 2_048),
    wanted: middle(),
    ends: { result: 'loaded' },
    loaded: [`${SMALL} 2048`, `${MIDDLE} 4096`],
    held: [SMALL, MIDDLE],
  },
  {
    name: 'asks for it by an alias with the same context: one runner serves both',
    given: create('theirs', 8_192),
    at: 'load done',
    act: loads('theirs', 8_192),
    wanted: small(),
    ends: { result: 'loaded', numCtx: 8_192 },
    loaded: [`${SMALL} 8192`],
  },
  {
    name: 'asks for it by an alias with another context: theirs takes its place, and is named',
    given: create('theirs', 16_384),
    at: 'load done',
    act: loads('theirs', 16_384),
    wanted: small(),
    ends: failed('load-displaced'),
    loaded: ['theirs:latest 16384'],
    held: [],
  },
  {
    name: 'loads a model that takes its room: theirs is left',
    at: 'load done',
    act: loads(MIDDLE, 16_384),
    wanted: small({ numCtx: 65_536 }),
    cards: 1,
    ends: failed('load-displaced'),
    loaded: [`${MIDDLE} 16384`],
    held: [],
  },
  // Unload.
  {
    name: 'unloads it before the check',
    at: 'load done',
    act: unload(SMALL),
    wanted: small(),
    ends: failed('load-vanished', { lost: [] }),
    loaded: [],
    held: [],
  },
  {
    name: 'unloads it before the check, a held model beside it stays',
    given: bobHolds(MIDDLE, 4_096),
    at: 'load done',
    act: unload(SMALL),
    wanted: small(),
    ends: failed('load-vanished', { lost: [] }),
    loaded: [`${MIDDLE} 4096`],
    held: [MIDDLE],
  },
  {
    name: 'unloads a held model in mid-load: it is put back, for nobody agreed to it',
    given: bobHolds(SMALL, 8_192),
    at: 'load running',
    act: unload(SMALL),
    wanted: middle(),
    ends: failed('load-evicted', { lost: [] }),
    loaded: [`${SMALL} 8192`],
    held: [SMALL],
  },
  {
    name: 'unloads what was to leave before it is asked to',
    given: loads(SMALL, 65_536),
    at: 'after the look',
    act: unload(SMALL),
    wanted: middle({ numCtx: 8_192, mayUnload: [SMALL], mayInterrupt: true }),
    cards: 1,
    ends: { result: 'loaded', numCtx: 8_192 },
    loaded: [`${MIDDLE} 8192`],
  },
  {
    name: 'unloads it while its time is renewed',
    given: loads(SMALL, 8_192),
    at: 'load done',
    act: unload(SMALL),
    wanted: small(),
    ends: failed('load-vanished'),
    loaded: [],
  },
  // Delete.
  {
    name: 'has deleted it',
    at: 'before',
    act: remove(SMALL),
    wanted: small(),
    ends: { result: 'refused', problem: problem('model-not-pulled') },
    loaded: [],
  },
  {
    name: 'deletes it after the look',
    at: 'after the look',
    act: remove(SMALL),
    wanted: small(),
    ends: failed('not-found', { lost: [] }),
    loaded: [],
    held: [],
  },
  {
    name: 'deletes it in mid-load: what is loaded stays loaded',
    at: 'load running',
    act: remove(SMALL),
    wanted: small(),
    ends: { result: 'loaded' },
    loaded: [`${SMALL} 8192`],
  },
  {
    name: 'deletes it before its alias is made: that is told, and undoes nothing',
    at: 'load done',
    act: remove(SMALL),
    wanted: small({ alias: 'ours' }),
    ends: { result: 'loaded', alias: null, aliasProblem: problem('not-found') },
    loaded: [`${SMALL} 8192`],
  },
  {
    name: 'deletes a held model that is loaded: nothing changes in memory',
    given: bobHolds(MIDDLE, 4_096),
    at: 'load running',
    act: remove(MIDDLE),
    wanted: small(),
    ends: { result: 'loaded' },
    loaded: [`${SMALL} 8192`, `${MIDDLE} 4096`],
    held: [SMALL, MIDDLE],
  },
  // Copy.
  {
    name: 'has loaded a copy of it with this context: one runner serves both',
    given: copy(SMALL, 'copied'),
    at: 'before',
    act: loads('copied', 8_192),
    wanted: small(),
    ends: { result: 'loaded', renewed: true, model: 'copied:latest', ordered: SMALL },
    loaded: ['copied:latest 8192'],
  },
  {
    name: 'copies it in mid-load: nothing changes in memory',
    at: 'load running',
    act: copy(SMALL, 'copied'),
    wanted: small(),
    ends: { result: 'loaded' },
    loaded: [`${SMALL} 8192`],
  },
  {
    name: 'copies something to the name of the alias in mid-load: that is left alone',
    at: 'load running',
    act: copy(MIDDLE, 'ours'),
    wanted: small({ alias: 'ours' }),
    ends: { result: 'loaded', alias: null, aliasProblem: problem('alias-taken') },
    loaded: [`${SMALL} 8192`],
  },
  {
    name: 'loads a copy with another context before the check: theirs is left',
    given: copy(SMALL, 'copied'),
    at: 'load done',
    act: loads('copied', 2_048),
    wanted: small(),
    ends: failed('load-displaced'),
    loaded: ['copied:latest 2048'],
  },
  // Kill.
  {
    name: 'has killed Ollama',
    at: 'before',
    act: kill,
    wanted: small(),
    ends: failed('ollama-down', { attempts: 0 }),
    loaded: [],
  },
  {
    name: 'kills Ollama in mid-load: everything is gone, and that is said',
    given: bobHolds(SMALL, 8_192),
    at: 'load running',
    act: kill,
    wanted: middle(),
    ends: failed('unreachable', { lost: [SMALL] }),
    loaded: [],
    held: [SMALL],
  },
  {
    name: 'kills Ollama in mid-load, and it is started again: what was there is put back',
    given: bobHolds(SMALL, 8_192),
    at: 'load running',
    act: killAndRestart,
    wanted: middle(),
    ends: failed('unreachable', { lost: [] }),
    loaded: [`${SMALL} 8192`],
    held: [SMALL],
  },
  {
    name: 'kills Ollama before the check',
    at: 'load done',
    act: kill,
    wanted: small(),
    ends: failed('ollama-gone'),
    loaded: [],
    held: [],
  },
  {
    name: 'kills Ollama before the check, and it is started again',
    given: bobHolds(MIDDLE, 4_096),
    at: 'load done',
    act: killAndRestart,
    wanted: small(),
    ends: failed('load-vanished', { lost: [] }),
    loaded: [`${MIDDLE} 4096`],
    held: [MIDDLE],
  },
  // Restart.
  {
    name: 'restarts Ollama in mid-load: what was there is put back, and no memory is lost',
    given: bobHolds(SMALL, 8_192),
    at: 'load running',
    act: restart,
    wanted: middle(),
    ends: failed('unreachable', { lost: [], orphans: null }),
    loaded: [`${SMALL} 8192`],
    held: [SMALL],
  },
  {
    name: 'restarts Ollama before the check',
    given: bobHolds(MIDDLE, 4_096),
    at: 'load done',
    act: restart,
    wanted: small(),
    ends: failed('load-vanished', { lost: [], orphans: null }),
    loaded: [`${MIDDLE} 4096`],
  },
  {
    name: 'restarts Ollama after the look: what it lost is put back, and the load taken back',
    given: bobHolds(SMALL, 8_192),
    at: 'after the look',
    act: restart,
    wanted: middle(),
    // The connection from before may break as well: either way it ends as it began.
    ends: { result: 'failed', lost: [] },
    loaded: [`${SMALL} 8192`],
    held: [SMALL],
  },
  {
    name: 'does nothing',
    at: 'before',
    act: nothing,
    wanted: small(),
    ends: { result: 'loaded', orphans: null, after: null },
    loaded: [`${SMALL} 8192`],
    held: [SMALL],
  },
];

function state(rig: Rig): string[] {
  return rig.simulator
    .loaded()
    .map(({ name, numCtx }) => `${name} ${numCtx}`)
    .sort();
}

describe('a second client', () => {
  it.each(SCENES)('$name', async ({ given, at, act, wanted, cards = 4, ends, loaded, held }) => {
    let looked: (() => Promise<unknown>) | null = null;
    const findSpec = async (model: string) => {
      await looked?.();
      return { ...builtinCatalogue().find(SMALL_ONES.has(model) ? SMALL : model)!, name: model };
    };
    const rig = await startRig({ cards, parts: { settleMs: SETTLE_MS, findSpec } });
    await given?.(rig);
    if (at === 'after the look') {
      looked = () => act(rig);
    }
    if (at === 'before') {
      await act(rig);
    }
    // The first load takes a while, so that something can happen meanwhile.
    rig.simulator.setFaults({ load: [{ model: wanted.model, fault: { kind: 'stall', ms: LOAD_MS }, times: 1 }] });
    let acted: Promise<unknown> | null = null;
    const { outcome } = await load(rig, wanted, {
      onStep: ({ name, state: how }) => {
        if (`${name} ${how}` === at && acted === null) {
          // In the middle of what begins here.
          const delay = how === 'running' && name === 'load' ? LOAD_MS / 3 : 0;
          acted = new Promise((resolve) => setTimeout(resolve, delay)).then(() => act(rig)).catch(() => undefined);
        }
      },
    });
    await acted;
    expect(outcome).toMatchObject(ends);
    expect(state(rig)).toEqual([...loaded].sort());
    if (held !== undefined) {
      expect((await rig.holds.list()).map(({ model }) => model).sort()).toEqual([...held].sort());
    }
    expect(rig.errors).toEqual([]);
  });

  it('leaves runners behind when it kills Ollama: whose memory they hold is told', async () => {
    const rig = await startRig();
    await load(rig, order(SMALL, { numCtx: 8_192, by: bob }));
    const [held] = rig.simulator.processes();
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'stall', ms: LOAD_MS }, times: 1 }] });
    const { outcome } = await load(rig, middle(), {
      onStep: ({ name, state: how }) => {
        if (name === 'load' && how === 'running') {
          setTimeout(() => void killAndRestart(rig), LOAD_MS / 3);
        }
      },
    });
    expect(outcome.orphans?.pids).toContain(held!.pid);
    expect(outcome.orphans?.bytes).toBeGreaterThan(2 ** 30);
    expect(outcome.after?.ollama.state).toBe('up');
  });
});
