import { describe, expect, it } from 'vitest';
import type { ConsentQuestion } from '../../../src/servers/loading/types.ts';
import { load, order, otherClient, person, type Rig, SMALL, startRig } from './rig.ts';

/** The six versions whose answers are recorded: three engines, both forms of `create`, parents told or not. */
const VERSIONS = ['0.3.14', '0.5.7', '0.6.5', '0.12.11', '0.24.0', '0.33.0'] as const;

const bob = person('bob');
const ada = person('ada');

const TEAM = 'team-assistant';
/** Every version knows its architecture. */
const EMBEDDER = 'nomic-embed-text';

async function digestOf(rig: Rig, name: string): Promise<string | undefined> {
  return (await rig.server.ollama.tags()).find((model) => model.name === `${name}:latest`)?.digest;
}

/** A team's own model: made by somebody else, from the model that is to be loaded. */
async function derived(rig: Rig, name: string, parameters: Record<string, number>): Promise<void> {
  await rig.server.ollama.create(name, { from: SMALL, parameters });
}

describe('an alias', () => {
  it('never takes the name of a model that somebody else made, of whatever parent', async () => {
    const rig = await startRig();
    await derived(rig, TEAM, { num_ctx: 4_096, top_k: 20 });
    const before = await digestOf(rig, TEAM);
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192, alias: TEAM }));
    expect(outcome).toMatchObject({ result: 'refused', problem: { code: 'alias-taken' } });
    expect(await digestOf(rig, TEAM)).toBe(before);
    expect(rig.loaded()).toEqual([]);
  });

  it('that this bot made is made anew with another context', async () => {
    const rig = await startRig();
    await load(rig, order(SMALL, { numCtx: 4_096, alias: TEAM }));
    const first = await digestOf(rig, TEAM);
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192, alias: `Library/${TEAM}:latest` }));
    expect(outcome).toMatchObject({ result: 'loaded', aliasProblem: null });
    expect(await digestOf(rig, TEAM)).not.toBe(first);
    expect((await rig.server.ollama.show(TEAM)).parameters.num_ctx).toEqual(['8192']);
  });

  it('that somebody changed since is left alone', async () => {
    const rig = await startRig();
    await load(rig, order(SMALL, { numCtx: 4_096, alias: TEAM }));
    await derived(rig, TEAM, { num_ctx: 4_096, temperature: 0 });
    const changed = await digestOf(rig, TEAM);
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192, alias: TEAM }));
    expect(outcome).toMatchObject({ result: 'refused', problem: { code: 'alias-changed' } });
    expect(await digestOf(rig, TEAM)).toBe(changed);
  });

  it('is not made over a name that somebody took while the load ran', async () => {
    const rig = await startRig();
    let taken: Promise<void> | null = null;
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192, alias: TEAM }), {
      onStep: ({ name, state }) => {
        if (name === 'look' && state === 'done') {
          taken ??= derived(rig, TEAM, { num_ctx: 2_048 });
        }
      },
    });
    await taken;
    expect(outcome).toMatchObject({ result: 'loaded', alias: null, aliasProblem: { code: 'alias-taken' } });
    expect((await rig.server.ollama.show(TEAM)).parameters.num_ctx).toEqual(['2048']);
  });

  it('is of what was asked for, not of the other name under which its weights are loaded', async () => {
    const rig = await startRig();
    await derived(rig, TEAM, { num_ctx: 8_192, top_k: 20 });
    await otherClient(rig, TEAM, 8_192);
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192, alias: 'plain' }));
    expect(outcome).toMatchObject({ result: 'loaded', renewed: true, ordered: SMALL, model: `${TEAM}:latest` });
    expect((await rig.server.ollama.show('plain')).parameters).toEqual({ num_ctx: ['8192'] });
  });

  it('is refused as the name of the model itself', async () => {
    const rig = await startRig();
    const { outcome } = await load(rig, order(SMALL, { alias: `library/${SMALL}` }));
    expect(outcome).toMatchObject({ result: 'refused', problem: { code: 'alias-is-model' } });
  });
});

describe.each(VERSIONS)('on Ollama %s', (ollamaVersion) => {
  const start = (parts = {}) => startRig({ ollamaVersion, parts });

  it('an alias is made, and made again by the next load', async () => {
    const rig = await start();
    const first = await load(rig, order(SMALL, { numCtx: 4_096, alias: TEAM }));
    expect(first.outcome).toMatchObject({ result: 'loaded', alias: TEAM, aliasProblem: null });
    const second = await load(rig, order(SMALL, { numCtx: 8_192, alias: TEAM }));
    expect(second.outcome).toMatchObject({ result: 'loaded', alias: TEAM, aliasProblem: null, unloaded: [SMALL] });
    expect((await rig.server.ollama.show(TEAM)).parameters.num_ctx).toEqual(['8192']);
  });

  it('a base is loaded while its alias is, and the alias while its base is: one takes the place of the other', async () => {
    const rig = await start();
    await load(rig, order(SMALL, { numCtx: 4_096, alias: TEAM }));
    const alias = await load(rig, order(TEAM, { numCtx: 8_192 }));
    expect(alias.outcome).toMatchObject({ result: 'loaded', model: `${TEAM}:latest`, unloaded: [SMALL], lost: [] });
    expect(rig.loaded()).toEqual([`${TEAM}:latest`]);
    const base = await load(rig, order(SMALL, { numCtx: 4_096 }));
    expect(base.outcome).toMatchObject({ result: 'loaded', model: SMALL, unloaded: [`${TEAM}:latest`], lost: [] });
    expect(rig.loaded()).toEqual([SMALL]);
  });

  it('a copy does not take the place of a held base unasked, and nothing is evicted and restored', async () => {
    const questions: ConsentQuestion[] = [];
    const rig = await start({
      askHolder: async (question: ConsentQuestion) => {
        questions.push(question);
        return 'keep';
      },
    });
    await rig.server.ollama.copy(SMALL, 'copied');
    await load(rig, order(SMALL, { numCtx: 8_192, keepAlive: '2h', by: bob }));
    const { outcome, steps } = await load(rig, order('copied', { numCtx: 4_096, by: ada }));
    expect(outcome).toMatchObject({ result: 'refused', problem: { code: 'held-with-other-ctx' }, attempts: 0 });
    expect(questions).toMatchObject([{ hold: { holderId: 'bob', model: SMALL } }]);
    expect(steps.map(({ name }) => name)).not.toContain('restore');
    expect(rig.simulator.loaded()).toMatchObject([{ name: SMALL, numCtx: 8_192 }]);
  });

  it('another model is loaded beside an alias', async () => {
    const rig = await start();
    await load(rig, order(SMALL, { numCtx: 4_096, alias: TEAM }));
    await load(rig, order(TEAM, { numCtx: 4_096 }));
    const { outcome } = await load(rig, order(EMBEDDER, { numCtx: 2_048 }));
    expect(outcome).toMatchObject({ result: 'loaded', unloaded: [], lost: [] });
    expect(rig.simulator.loaded()).toHaveLength(2);
  });
});
