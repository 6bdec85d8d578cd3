import { afterEach, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createConsentDesk } from '../../commands/load/consent.ts';
import type { Services } from '../../commands/services.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import type { Access } from '../../src/chat/command.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { Locale } from '../../src/chat/locale.ts';
import { Painter } from '../../src/chat/pictures/painter.ts';
import { type ChatPoster, type MessageRef, PostError } from '../../src/chat/poster.ts';
import type { Action, OptionValue, Reply } from '../../src/chat/reply.ts';
import { createLog } from '../../src/compose/log.ts';
import { plainText } from '../../src/chat/text.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import { renderReply } from '../../src/console/render.ts';
import { parseGpuList } from '../../src/estimator/gpu-list.ts';
import { createAsking } from '../../src/servers/asking/asking.ts';
import type { ModelFinder } from '../../src/servers/asking/models.ts';
import { createWeightsIndex } from '../../src/servers/asking/same-weights.ts';
import type { AskHolder } from '../../src/servers/loading/types.ts';
import { createPulls } from '../../src/servers/pulling.ts';
import { createDirectEstimates } from '../../src/workers/estimates.ts';
import { MIDDLE, otherClient, type Rig, type RigOptions, SMALL, startRig } from '../servers/loading/rig.ts';
import { discordPlatform } from '../support/platforms.ts';

/** A chat that keeps what the bot writes by itself. */
class Board implements ChatPoster {
  readonly posts: { readonly where: string; reply: Reply; readonly locale: Locale | undefined }[] = [];
  closed = false;

  async post(channelId: string, reply: Reply, options: { readonly locale?: Locale } = {}): Promise<MessageRef> {
    if (this.closed) {
      throw new PostError('forbidden');
    }
    this.posts.push({ where: channelId, reply, locale: options.locale });
    return { channelId, messageId: String(this.posts.length - 1) };
  }
  async edit(ref: MessageRef, reply: Reply): Promise<void> {
    this.posts[Number(ref.messageId)]!.reply = reply;
  }
  async delete(): Promise<void> {}
  direct(userId: string, reply: Reply, options: { readonly locale?: Locale } = {}): Promise<MessageRef> {
    return this.post(`@${userId}`, reply, options);
  }
  async missingPermissions(): Promise<readonly string[]> {
    return [];
  }
}

interface Scene {
  readonly rig: Rig;
  readonly board: Board;
  readonly dispatcher: Dispatcher;
}

interface Somebody {
  readonly id: string;
  readonly access?: Access;
  readonly locale?: Locale;
}

const painters: Painter[] = [];
afterEach(async () => {
  for (const painter of painters.splice(0)) {
    await painter.close();
  }
});

async function scene(options: RigOptions = {}, answerWithinMs = 10_000): Promise<Scene> {
  const board = new Board();
  const desk = createConsentDesk({ poster: () => board, now: Date.now, onError: () => undefined, answerWithinMs });
  const askHolder: AskHolder = (question) => desk.ask(question);
  const rig = await startRig({ cards: 1, ...options, parts: { askHolder, tellHolder: desk.tell, ...options.parts } });
  const painter = new Painter();
  painters.push(painter);
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
    asking: createAsking({
      models,
      weights,
      calibration: (server) => rig.loads.calibration(server),
    }),
    painter,
    readGpuList: parseGpuList,
    now: Date.now,
    loads: rig.loads,
    holders: (server) => rig.loads.holders(server),
    consents: desk,
    pulls: createPulls(Date.now),
    pullHosts: { hosts: [], insecure: [] },
    limits: { maxCtx: null, maxKeepAlive: null },
    timeZone: 'UTC',
    simulated: false,
  };
  return { rig, board, dispatcher: createDispatcher({ commands, actionHandlers, services, log: createLog('silent') }) };
}

function caller({ id, access = 'operator', locale = 'en' }: Somebody) {
  return {
    person: { id, name: `name of ${id}`, access },
    place: { platform: discordPlatform, guildId: 'guild', channelId: 'lab' },
    locale,
  };
}

async function ask(
  { dispatcher }: Scene,
  who: Somebody,
  command: string,
  options: Record<string, OptionValue>,
): Promise<{ reply: Reply; seen: Reply[] }> {
  const seen: Reply[] = [];
  const reply = await dispatcher.dispatch(
    { ...caller(who), command, options },
    { progress: (state) => seen.push(state) },
  );
  return { reply, seen };
}

const rendered = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: 0 });

function button(reply: Reply, label: RegExp): Action {
  const found = reply.actions?.find((action) => label.test(action.label));
  if (found === undefined) {
    throw new Error(`no button ${label} among ${reply.actions?.map((action) => action.label)}`);
  }
  return found;
}

/** Presses a button as the platform does: by its token, with all checks. */
function press({ dispatcher }: Scene, who: Somebody, action: Action): Promise<Reply> {
  const [token] = dispatcher.actions.issue([action]);
  return dispatcher.press(token!, caller(who), { progress: () => undefined });
}

const ada = { id: 'ada' };
const bob = { id: 'bob', locale: 'zh-CN' as const };
const eve = { id: 'eve', access: 'everyone' as const };
const root = { id: 'root', access: 'admin' as const };

describe('/load', () => {
  it('shows each step as it happens in one message that ends with predicted and actual', async () => {
    const stage = await scene();
    const { reply, seen } = await ask(stage, ada, 'load', { model: MIDDLE, ctx: 131_072, 'keep-alive': '4h' });
    const steps = seen.map((state) => rendered(state));
    expect(steps.some((text) => text.includes('▸ working out what fits'))).toBe(true);
    expect(steps.some((text) => text.includes('▸ loading with a context of'))).toBe(true);
    expect(seen.every((state) => state.actions === undefined || state.actions[0]?.label === 'Cancel')).toBe(true);
    const text = rendered(reply);
    expect(text).toMatch(/qwen3:8b is loaded on main with a context of \d+, all of it on the GPUs/);
    expect(text).toContain('The model supports a context of up to 40960; 131072 is too long.');
    expect(text).toMatch(/A context of 40960 is \d\.\d GiB too large; loaded with \d+\./);
    expect(text).toMatch(/predicted +actual +difference/);
    expect(text).toContain('A client that sends another num_ctx');
    expect(reply.actions?.map((action) => action.label)).toEqual(['Keep for another 4 h', 'Release', 'Unload']);
    expect(reply.tone).toBe('warning');
  });

  it('says the same in Chinese', async () => {
    const stage = await scene();
    const { reply, seen } = await ask(stage, bob, 'load', { model: MIDDLE, ctx: 131_072 });
    for (const state of [reply, ...seen]) {
      expect(rendered(state, 'zh-CN').split('\n')[0]).toMatch(/\p{sc=Han}/u);
    }
    expect(rendered(reply, 'zh-CN')).not.toMatch(/\?(?=\s)|undefined/);
  });

  it('is nothing for people without the role', async () => {
    const stage = await scene();
    const { reply } = await ask(stage, eve, 'load', { model: SMALL });
    expect(reply).toMatchObject({ failed: true, private: true });
    expect(stage.rig.loaded()).toEqual([]);
  });

  it('offers to unload what is in the way, and does so when the requester presses that, nobody else', async () => {
    const stage = await scene();
    await otherClient(stage.rig, SMALL, 65_536);
    const { reply } = await ask(stage, ada, 'load', { model: MIDDLE, ctx: 8_192 });
    expect(rendered(reply)).toContain('If llama3.2:1b is unloaded, a context of 8192 fits.');
    const offer = button(reply, /^Unload llama3.2:1b, load with 8192$/);
    expect(rendered(await press(stage, { id: 'carl' }, offer))).toContain('Only the person who asked');
    expect(stage.rig.loaded()).toEqual([SMALL]);
    expect(rendered(await press(stage, ada, offer))).toContain('qwen3:8b is loaded on main with a context of 8192');
    expect(stage.rig.loaded()).toEqual([MIDDLE]);
  });

  it('says as it is that Ollama was killed in mid-load: what is gone, and whose memory is left', async () => {
    const stage = await scene({ cards: 4 });
    await ask(stage, ada, 'load', { model: SMALL, ctx: 8_192 });
    stage.rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'stall', ms: 60_000 }, times: 1 }] });
    const killed = (async () => {
      await expect.poll(() => stage.rig.simulator.processes().length).toBeGreaterThan(1);
      await stage.rig.simulator.kill();
    })();
    const { reply } = await ask(stage, ada, 'load', { model: MIDDLE, ctx: 4_096 });
    await killed;
    const text = rendered(reply);
    expect(text).toContain(SMALL);
    expect(text).toMatch(/kill \d+/);
    expect(text).not.toContain(plainText(createTranslator('en').text('load.as-before')));
  });

  it('checks the role again when a button is pressed', async () => {
    const stage = await scene();
    await otherClient(stage.rig, SMALL, 65_536);
    const { reply } = await ask(stage, ada, 'load', { model: MIDDLE, ctx: 8_192 });
    const refused = await press(stage, { id: 'ada', access: 'everyone' }, button(reply, /^Unload/));
    expect(refused).toMatchObject({ failed: true, private: true });
    expect(stage.rig.loaded()).toEqual([SMALL]);
  });

  it('explains what an alias is for', async () => {
    const stage = await scene();
    const { reply } = await ask(stage, ada, 'load', { model: SMALL, ctx: 8_192, alias: 'team-small' });
    expect(rendered(reply)).toContain('Use the name team-small in your clients');
  });

  it('tells what Ollama said when it failed, as text and not as markup', async () => {
    const stage = await scene();
    stage.rig.simulator.setFaults({ load: [{ fault: { kind: 'crash', text: 'exit status 2: @everyone **CUDA**' } }] });
    const { reply } = await ask(stage, ada, 'load', { model: SMALL });
    const said = reply.blocks.flatMap((block) =>
      block.kind === 'text' && Array.isArray(block.text) ? block.text : [],
    );
    expect(said).toContainEqual({ code: expect.stringContaining('@everyone **CUDA**') });
    expect(rendered(reply)).toContain('The server is as it was before.');
  });

  it('teaches /fit', async () => {
    const stage = await scene();
    const question = { model: SMALL, ctx: 8_192 };
    expect(rendered((await ask(stage, eve, 'fit', question)).reply)).not.toContain('earlier load');
    await ask(stage, ada, 'load', question);
    const { reply } = await ask(stage, eve, 'fit', question);
    expect(rendered(reply)).toContain('The prediction also uses 1 earlier load here.');
  });

  it('can be given up by its requester with the button, not by others', async () => {
    const stage = await scene();
    stage.rig.simulator.setFaults({ load: [{ fault: { kind: 'stall', ms: 60_000 } }] });
    const seen: Reply[] = [];
    const done = stage.dispatcher.dispatch(
      { ...caller(ada), command: 'load', options: { model: SMALL } },
      { progress: (state) => seen.push(state) },
    );
    const cancel = await expect
      .poll(() => seen.find((state) => rendered(state).includes('▸ loading'))?.actions?.[0])
      .toBeDefined()
      .then(() => seen.at(-1)!.actions![0]!);
    expect(rendered(await press(stage, { id: 'carl' }, cancel))).toContain('Only the person who asked');
    expect(rendered(await press(stage, ada, cancel))).toContain('Canceling the load');
    const reply = await done;
    expect(rendered(reply)).toContain('The load was canceled.');
    expect(rendered(reply)).toContain('The server is as it was before.');
    expect(rendered(await press(stage, ada, cancel))).toContain('has already ended');
  });

  it.each([
    [{ 'keep-alive': 'soon' }, 'soon is not a time'],
    [{ 'keep-alive': '-1' }, 'Only administrators may keep a model forever'],
    [{ model: 'no-such:1b' }, 'main does not have no-such:1b'],
    [{ alias: MIDDLE }, 'is a model that this bot did not create'],
  ])('says in words what is wrong with %j', async (more, words) => {
    const stage = await scene();
    const { reply } = await ask(stage, ada, 'load', { model: SMALL, ...more });
    expect(reply).toMatchObject({ failed: true, tone: 'bad' });
    expect(rendered(reply)).toContain(words);
  });
});

describe('a model that somebody holds', () => {
  async function held(answerWithinMs?: number) {
    const stage = await scene({}, answerWithinMs);
    await ask(stage, bob, 'load', { model: SMALL, ctx: 65_536, 'keep-alive': '1h' });
    const { reply } = await ask(stage, ada, 'load', { model: MIDDLE, ctx: 8_192 });
    return { stage, reply };
  }

  it('has its holder asked in the holder’s language, who agrees', async () => {
    const { stage, reply } = await held();
    expect(rendered(reply)).toContain('name of bob holds llama3.2:1b');
    expect(stage.board.posts).toEqual([]);
    const loading = press(stage, ada, button(reply, /^Ask name of bob, then load with 8192$/));
    await expect.poll(() => stage.board.posts.length).toBe(1);
    const [post] = stage.board.posts;
    expect(post).toMatchObject({ where: 'lab', locale: 'zh-CN', reply: { ping: ['bob'] } });
    expect(rendered(post!.reply, 'zh-CN')).toMatch(/是否同意卸载/);
    const agree = button(post!.reply, /同意/);
    expect(await press(stage, { id: 'carl', access: 'admin' }, agree)).toMatchObject({ failed: true });
    expect(rendered(await press(stage, bob, agree), 'zh-CN')).toContain('同意卸载');
    expect(rendered(await loading)).toContain('qwen3:8b is loaded');
    expect(stage.rig.loaded()).toEqual([MIDDLE]);
  });

  it('stays when its holder presses Keep', async () => {
    const { stage, reply } = await held();
    const loading = press(stage, ada, button(reply, /^Ask/));
    await expect.poll(() => stage.board.posts.length).toBe(1);
    const keep = button(stage.board.posts[0]!.reply, /保留/);
    await press(stage, bob, keep);
    const answer = await loading;
    expect(rendered(answer)).toContain('name of bob keeps llama3.2:1b.');
    expect(answer.actions ?? []).toEqual([]);
    expect(rendered(await press(stage, bob, keep))).toContain('已有结论');
    expect(stage.rig.loaded()).toEqual([SMALL]);
  });

  it('stays when no answer comes, and the question says so', async () => {
    const { stage, reply } = await held(50);
    const answer = await press(stage, ada, button(reply, /^Ask/));
    expect(rendered(answer)).toContain('keeps llama3.2:1b');
    expect(stage.rig.loaded()).toEqual([SMALL]);
    expect(rendered(stage.board.posts[0]!.reply)).toContain('没有收到回答');
    expect(stage.board.posts[0]!.reply.actions ?? []).toEqual([]);
  });

  it('stays when its holder cannot be reached', async () => {
    const { stage, reply } = await held();
    stage.board.closed = true;
    expect(rendered(await press(stage, ada, button(reply, /^Ask/)))).toContain('keeps llama3.2:1b');
    expect(stage.rig.loaded()).toEqual([SMALL]);
  });

  it('can be taken by an administrator, who is told that this is on record', async () => {
    const { stage } = await held();
    const { reply } = await ask(stage, root, 'load', { model: MIDDLE, ctx: 8_192 });
    const override = button(reply, /^Unload anyway \(held\)/);
    expect(await press(stage, { id: 'root', access: 'operator' }, override)).toMatchObject({ failed: true });
    expect(stage.rig.loaded()).toEqual([SMALL]);
    const answer = await press(stage, root, override);
    expect(rendered(answer)).toContain('llama3.2:1b was unloaded although name of bob held it; this is recorded.');
    expect(stage.rig.loaded()).toEqual([MIDDLE]);
  });

  it('is shown by /ps, kept longer, and let go by its holder', async () => {
    const stage = await scene();
    const { reply } = await ask(stage, bob, 'load', { model: SMALL, 'keep-alive': '1h' });
    expect(rendered((await ask(stage, eve, 'ps', {})).reply)).toContain('name of bob');
    expect(await press(stage, ada, button(reply, /保留/))).toMatchObject({ failed: true });
    expect(rendered(await press(stage, bob, button(reply, /保留/)), 'zh-CN')).toContain('保留至');
    await press(stage, { ...bob, access: 'everyone' }, button(reply, /释放/));
    expect(rendered((await ask(stage, eve, 'ps', {})).reply)).not.toContain('name of bob');
    expect(stage.rig.loaded()).toEqual([SMALL]);
  });
});

describe('a hold whose model another client has loaded anew', () => {
  const hold = {
    server: 'main',
    model: SMALL,
    holderId: 'bob',
    holderName: 'Bob',
    platform: 'discord',
    guildId: 'guild',
    channelId: 'lab',
    sinceMs: 0,
    untilMs: null,
    numCtx: 8_192,
  };

  it('is told to its holder where it was loaded, in the holder’s language, or directly', async () => {
    const board = new Board();
    const desk = createConsentDesk({ poster: () => board, now: Date.now, onError: () => undefined });
    desk.remember('bob', 'zh-CN');
    desk.tell({ kind: 'reloaded-elsewhere', hold, numCtx: 4_096 });
    desk.tell({ kind: 'reloaded-elsewhere', hold: { ...hold, channelId: null }, numCtx: 4_096 });
    desk.tell({ kind: 'left', hold, numCtx: null });
    await expect.poll(() => board.posts.map(({ where }) => where)).toEqual(['lab', '@bob']);
    expect(board.posts[0]).toMatchObject({ locale: 'zh-CN', reply: { ping: ['bob'] } });
    expect(rendered(board.posts[0]!.reply, 'zh-CN')).toContain('上下文从 8192 变成了 4096');
  });

  it('harms nothing where there is no chat to write to', async () => {
    const errors: unknown[] = [];
    const board = new Board();
    board.closed = true;
    for (const poster of [() => null, () => board]) {
      const desk = createConsentDesk({ poster, now: Date.now, onError: (error) => errors.push(error) });
      desk.tell({ kind: 'reloaded-elsewhere', hold, numCtx: 4_096 });
    }
    await expect.poll(() => errors.length).toBe(2);
  });
});

describe('/unload', () => {
  it('says how much memory came back', async () => {
    const stage = await scene();
    await otherClient(stage.rig, SMALL, 8_192);
    const { reply } = await ask(stage, ada, 'unload', { model: SMALL });
    expect(rendered(reply)).toMatch(/llama3.2:1b is unloaded on main: \d\.\d GiB are free again\./);
    expect(reply.tone).toBe('good');
  });

  it('says that the memory is stuck', async () => {
    const stage = await scene();
    stage.rig.simulator.setFaults({ load: [{ fault: { kind: 'leak' } }] });
    await otherClient(stage.rig, SMALL, 8_192);
    const { reply } = await ask(stage, ada, 'unload', { model: SMALL });
    expect(rendered(reply)).toMatch(/only 0 MiB of its \d\.\d GiB are free again/);
  });

  it('asks before it takes a model from its holder', async () => {
    const stage = await scene();
    await ask(stage, bob, 'load', { model: SMALL, 'keep-alive': '1h' });
    const { reply } = await ask(stage, ada, 'unload', { model: SMALL });
    expect(rendered(reply)).toContain('name of bob holds llama3.2:1b on main.');
    expect(reply.actions?.map((action) => action.label)).toEqual(['Ask name of bob']);
    const unloading = press(stage, ada, button(reply, /^Ask/));
    await expect.poll(() => stage.board.posts.length).toBe(1);
    await press(stage, bob, button(stage.board.posts[0]!.reply, /同意/));
    expect(rendered(await unloading)).toContain('is unloaded on main');
  });

  it('is refused to people without the role, except for what they hold themselves', async () => {
    const stage = await scene();
    await ask(stage, bob, 'load', { model: SMALL, 'keep-alive': '1h' });
    expect(rendered((await ask(stage, eve, 'unload', { model: SMALL })).reply)).toContain('You may not unload');
    const own = await ask(stage, { id: 'bob', access: 'everyone' }, 'unload', { model: SMALL });
    expect(own.reply.tone).toBe('good');
    expect((await stage.rig.store.audit.list({ action: 'unload' })).map(({ result }) => result)).toEqual([
      'ok',
      'refused',
    ]);
  });

  it('completes with what is loaded', async () => {
    const stage = await scene();
    await otherClient(stage.rig, SMALL, 8_192);
    const request = { ...caller(eve), command: 'unload', option: 'model', typed: '', options: {} };
    expect(await stage.dispatcher.complete(request)).toEqual([{ value: SMALL, label: SMALL }]);
  });
});
