import { describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { ownName } from '../../commands/plan/kept.ts';
import type { Services } from '../../commands/services.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import type { Access } from '../../src/chat/command.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import type { Action, Reply } from '../../src/chat/reply.ts';
import { createLog } from '../../src/compose/log.ts';
import { renderReply } from '../../src/console/render.ts';
import { parseGpuList } from '../../src/estimator/gpu-list.ts';
import { createSetBook } from '../../src/schedule/sets/book.ts';
import { createAsking } from '../../src/servers/asking/asking.ts';
import type { ModelFinder } from '../../src/servers/asking/models.ts';
import { createWeightsIndex } from '../../src/servers/asking/same-weights.ts';
import { createPulls } from '../../src/servers/pulling.ts';
import { createDirectEstimates } from '../../src/workers/estimates.ts';
import { load, order, person, type RigOptions, SMALL, startRig } from '../servers/loading/rig.ts';
import { discordPlatform } from '../support/platforms.ts';

async function scene(options: RigOptions = {}) {
  const rig = await startRig({ cards: 4, ...options });
  const catalogue = builtinCatalogue();
  const models: ModelFinder = {
    find: async (name) => ({ spec: catalogue.find(name)!, source: 'builtin', warnings: [] }),
    findListed: () => null,
    builtinNames: () => catalogue.names(),
  };
  const weights = createWeightsIndex();
  const services: Services = {
    servers: rig.registry,
    models,
    estimates: createDirectEstimates(),
    weights,
    asking: createAsking({ models, weights, calibration: () => null }),
    painter: { draw: async () => new Uint8Array() },
    readGpuList: parseGpuList,
    now: Date.now,
    loads: rig.loads,
    sets: createSetBook(rig.store.modelSets, Date.now),
    pulls: createPulls(Date.now),
    pullHosts: { hosts: [], insecure: [] },
    limits: { maxCtx: null, maxKeepAlive: null },
    timeZone: 'UTC',
    simulated: false,
  };
  const rateLimit = { count: 1_000, windowMs: 1_000 };
  const dispatcher = createDispatcher({ commands, actionHandlers, services, rateLimit, log: createLog('silent') });
  const shown: Reply[] = [];
  const callerOf = (access: Access, locale: Locale, guildId = 'guild') => ({
    person: { id: access === 'everyone' ? 'eve' : 'ada', name: 'Ada', access },
    place: { platform: discordPlatform, guildId, channelId: 'lab' },
    locale,
  });
  const responder = { progress: (reply: Reply) => shown.push(reply) };
  return {
    rig,
    shown,
    ask: (
      subcommand: string,
      asked: Record<string, string>,
      access: Access = 'operator',
      locale: Locale = 'en',
      guildId?: string,
    ) =>
      dispatcher.dispatch(
        { ...callerOf(access, locale, guildId), command: 'plan', subcommand, options: asked },
        responder,
      ),
    press: (action: Action | undefined, access: Access = 'operator') =>
      dispatcher.call(action!.call, callerOf(access, 'en'), responder),
  };
}

const read = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: 0 });
const labelled = (reply: Reply, label: RegExp) => reply.actions?.find((action) => label.test(action.label));
const SET = 'gemma3:4b@4k nomic-embed-text@2k!';

describe('a set under a name', () => {
  it.each(LOCALES)('is kept, listed, loaded and forgotten (%s)', async (locale) => {
    const { rig, ask } = await scene();
    const kept = read(await ask('save', { name: 'Work hours', models: SET }, 'operator', locale), locale);
    expect(kept).toContain('gemma3:4b@4096 nomic-embed-text@2048!');
    expect(read(await ask('list', {}, 'everyone', locale), locale)).toContain('Work hours');
    const loaded = await ask('load', { name: 'work HOURS' }, 'operator', locale);
    expect(loaded.tone).toBe('good');
    expect(rig.loaded()).toEqual(['gemma3:4b', 'nomic-embed-text:latest']);
    expect(read(await ask('delete', { name: 'work hours' }, 'operator', locale), locale)).toContain('Work hours');
    expect((await ask('load', { name: 'work hours' }, 'operator', locale)).failed).toBe(true);
  });

  it('is kept by operators, deleted by its keeper or an operator, and known in its own Discord server alone', async () => {
    const { ask } = await scene();
    expect(read(await ask('save', { name: 'a', models: SET }, 'everyone'))).toContain('/plan save');
    await ask('save', { name: 'a', models: SET });
    expect(read(await ask('delete', { name: 'a' }, 'everyone'))).toContain('Somebody else saved');
    expect(read(await ask('load', { name: 'a' }, 'everyone'))).toContain('/plan load');
    expect(read(await ask('load', { name: 'a' }, 'operator', 'en', 'other'))).toContain('There is no set a here');
  });

  it('tells whose set it replaces, and what that was', async () => {
    const { rig, ask } = await scene();
    const grace = { id: 'grace', name: 'Grace' };
    const models = [{ name: 'qwen3:8b', numCtx: 8_192, pinned: false }];
    await createSetBook(rig.store.modelSets, Date.now).keep('guild', 'Work', models, grace);
    const told = read(await ask('save', { name: 'work', models: SET }));
    expect(told).toContain('that Grace saved: qwen3:8b@8192');
    expect(read(await ask('save', { name: 'work', models: SET }))).not.toContain('replaces');
  });

  it('is not kept with a slip in it, nor more often than there is room', async () => {
    const { ask } = await scene();
    expect((await ask('save', { name: 'a', models: 'gemma3:12b@soon' })).failed).toBe(true);
    for (let number = 0; number < 50; number += 1) {
      expect((await ask('save', { name: `s${number}`, models: 'nomic-embed-text' })).failed).toBeUndefined();
    }
    expect(read(await ask('save', { name: 'one more', models: SET }))).toContain('50 sets are already saved here');
  });

  it('gets a name of its models where a button keeps it', () => {
    const models = ['hf.co/org/Gemma:Q4', 'qwen3:8b', 'nomic'].map((name) => ({ name, pinned: false }));
    expect(ownName(models, [])).toBe('Gemma + qwen3 +1');
    expect(ownName(models, ['gemma + QWEN3 +1'])).toBe('Gemma + qwen3 +1 2');
    // Cut in the middle, it is compared as it is kept, and takes no other set's place.
    const long = ['a'.repeat(31), 'b'].map((name) => ({ name, pinned: false }));
    expect(ownName(long, [])).toBe('a'.repeat(31));
    expect(ownName(long, ['a'.repeat(31)])).toBe(`${'a'.repeat(31)} 2`);
  });
});

describe('the buttons under the plan of a set', () => {
  it('load all and keep it, for those who may when they press', async () => {
    const { rig, ask, press, shown } = await scene();
    const plan = await ask('check', { models: SET }, 'everyone');
    const all = labelled(plan, /Load all/);
    expect(read(await press(all, 'everyone'))).toContain('plan.load');
    const loaded = await press(all);
    expect(read(loaded)).toContain('All 2 models are loaded on main.');
    expect(rig.loaded()).toEqual(['gemma3:4b', 'nomic-embed-text:latest']);
    expect(read(shown.at(-1)!)).toContain('✓ gemma3:4b with 4096');
    const kept = await press(labelled(loaded, /Save as a set/));
    expect(read(kept)).toContain('Saved as gemma3 + nomic-embed-text.');
  });

  it('say what was undone and that the server is as it was, when one fails', async () => {
    const { rig, ask, press } = await scene();
    rig.simulator.setFaults({ load: [{ model: 'nomic-embed-text:latest', fault: { kind: 'crash', text: 'boom' } }] });
    const plan = await ask('check', { models: SET });
    const failed = await press(labelled(plan, /Load all/));
    expect(failed.failed).toBe(true);
    const text = read(failed);
    expect(text).toContain('It failed at nomic-embed-text, number 2 of 2.');
    expect(text).toContain('Unloaded again: gemma3:4b');
    expect(text).toContain('The server is as it was before.');
    expect(rig.loaded()).toEqual([]);
  });

  it('ask the holder of what is in the way, and nobody is evicted before', async () => {
    const { rig, ask, press } = await scene({ cards: 1, parts: { askHolder: async () => 'agree' } });
    await load(rig, order(SMALL, { numCtx: 32_768, by: person('bob') }));
    await ask('save', { name: 'night', models: 'gemma3:4b@32k!' });
    const refused = await ask('load', { name: 'night' });
    expect(read(refused)).toContain('There is no room beside llama3.2:1b. Nothing was changed.');
    expect(rig.loaded()).toEqual([SMALL]);
    expect(labelled(refused, /Override/)).toBeUndefined();
    const loaded = await press(labelled(refused, /Ask name of bob, then load all/));
    expect(loaded.tone).toBe('good');
    expect(rig.loaded()).toEqual(['gemma3:4b']);
  });
});

describe('a set over several servers', () => {
  const WIDE = 'qwen3:8b@4k gemma3:4b@4k';

  it.each(LOCALES)('is spread where no server holds all of it, with a button per server (%s)', async (locale) => {
    const { ask } = await scene({ servers: 2, cards: 1 });
    const reply = await ask('check', { models: WIDE }, 'operator', locale);
    const text = read(reply, locale);
    expect(reply.tone).toBe('good');
    expect(text).toContain('main');
    expect(text).toContain('s2');
    expect(reply.actions?.map(({ label }) => label)).toHaveLength(3);
  });

  it('is loaded part by part, and kept whole', async () => {
    const { rig, ask, press } = await scene({ servers: 2, cards: 1 });
    const reply = await ask('check', { models: WIDE });
    for (const server of ['main', 's2']) {
      expect((await press(labelled(reply, new RegExp(`Load on ${server}$`)))).tone).toBe('good');
    }
    expect(rig.simulators.map((one) => one.loaded().length)).toEqual([1, 1]);
    expect(read(await press(labelled(reply, /Save as a set/)))).toContain('qwen3:8b@4096 gemma3:4b@4096');
  });

  it('goes to the one server that holds it, whichever that is', async () => {
    const { rig, ask } = await scene({ servers: 2, cards: 1 });
    rig.simulators[0]!.setForeign('training', 0, 7 * 2 ** 30);
    await ask('save', { name: 'a', models: 'gemma3:4b@4k' });
    expect((await ask('load', { name: 'a' })).tone).toBe('good');
    expect(rig.simulators.map((one) => one.loaded().length)).toEqual([0, 1]);
  });

  it('stays with the server that was named', async () => {
    const { ask } = await scene({ servers: 2, cards: 1 });
    expect(read(await ask('check', { models: WIDE, server: 's2' }))).toContain('What else would help');
  });
});
