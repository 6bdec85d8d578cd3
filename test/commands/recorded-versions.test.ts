// Every command against what real servers of six versions answered.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { type MessageKey, messages } from '../../src/chat/messages/index.ts';
import type { OptionValue, Reply } from '../../src/chat/reply.ts';
import { type App, compose } from '../../src/compose/compose.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { readConfig } from '../../src/settings/config.ts';
import { temporaryDirectory } from '../gpus/tools.ts';
import { RECORDED_VERSIONS, type RecordedVersion } from '../support/recorded-answers.ts';
import { RecordedOllama } from '../support/recorded-ollama.ts';

/** Before 0.6.1 a server lists no tensors: nothing is known of a model that no list has. */
const WITHOUT_TENSORS: readonly RecordedVersion[] = ['0.3.14', '0.5.7'];

/** The longest piece of a message without its figures: what is said, whatever it is said about. */
function saying(key: MessageKey): string {
  const pieces = messages[key].en.split(/\{[^{}]*\}/);
  return pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest)).trim();
}

describe.each(RECORDED_VERSIONS)('on Ollama %s', (version) => {
  const lists = !WITHOUT_TENSORS.includes(version);
  const caller = {
    person: { id: 'ada', name: 'ada', access: 'admin' as const },
    place: CONSOLE_PLACE,
    locale: 'en' as const,
  };
  let ollama: RecordedOllama;
  let app: App;
  let dispatcher: Dispatcher;

  beforeAll(async () => {
    ollama = await RecordedOllama.start(version);
    const environment = { OLLAMA_HOST: ollama.url, GPU_SOURCE: 'none', DATA_DIR: temporaryDirectory(), TZ: 'UTC' };
    const log = createLog('silent');
    app = await compose({ config: readConfig(environment), log, settleMs: 5 });
    dispatcher = createDispatcher({ commands, actionHandlers, services: app.services, log });
  });
  beforeEach(() => ollama.empty());
  afterAll(async () => {
    await app.close();
    ollama.close();
  });

  const words = (reply: Reply) => renderReply(reply, { locale: 'en', colour: false, nowMs: Date.now() });
  const ask = async (command: string, options: Record<string, OptionValue> = {}, subcommand?: string) => {
    const request = { ...caller, command, options, ...(subcommand === undefined ? {} : { subcommand }) };
    const reply = await dispatcher.dispatch(request, { progress: () => undefined });
    return { reply, text: words(reply), failed: reply.failed === true };
  };
  const press = async (reply: Reply) =>
    words(await dispatcher.call(reply.actions![0]!.call, caller, { progress: () => undefined }));
  const load = (model: string, ctx: number) => ask('load', { model, ctx, partial: true });

  it('/fit answers, from the server or from the list, and says which', async () => {
    const { text, failed } = await ask('fit', { model: 'llama3.2-1b', ctx: 4_096, gpus: '1x8GiB' });
    expect(failed).toBe(false);
    expect(text).toContain(`Ollama ${version}`);
    expect(text).toContain(lists ? 'server' : 'built-in list');
    expect(text.includes(saying('note.show-no-tensors'))).toBe(!lists);
  });

  it('/models, /ps, /status, /vram and /doctor answer', async () => {
    expect((await ask('models')).text).toContain('smollm2-135m');
    expect((await ask('ps')).failed).toBe(false);
    expect((await ask('status', {}, 'now')).text).toContain(saying('status.models.none'));
    expect((await ask('vram')).text).toContain('main');
    expect((await ask('doctor')).text).toContain(version);
  });

  it('/load, /ps and /unload go their way', async () => {
    const { text, failed } = await load(lists ? 'tiny' : 'nomic-embed-text', lists ? 4_096 : 2_048);
    expect(failed, text).toBe(false);
    expect(text).toMatch(/on main with a context of \d+.* MiB .*system memory/);
    expect((await ask('ps')).text).toContain(lists ? 'tiny' : 'nomic-embed-text');
    const model = lists ? 'tiny' : 'nomic-embed-text';
    const question = await ask('unload', { model });
    const end = question.failed ? await press(question.reply) : question.text;
    expect(end).toContain(saying('unload.title.gone-unmeasured'));
  });

  it('/load loads what only embeds by /api/embed', async () => {
    ollama.asked.length = 0;
    expect((await load('nomic-embed-text', 2_048)).failed).toBe(false);
    expect(ollama.asked).toContain('POST /api/embed nomic-embed-text:latest');
    expect(ollama.asked).not.toContain('POST /api/generate nomic-embed-text:latest');
  });

  it.runIf(lists)('/load makes an alias, and says so where the name is not its own', async () => {
    const { text } = await ask('load', { model: 'tiny', ctx: 4_096, partial: true, alias: 'tiny-alias' });
    expect(text).toContain(saying('load.alias'));
    const taken = await ask('load', { model: 'tiny', ctx: 4_096, partial: true, alias: 'tiny-ctx' });
    expect(taken.text).toContain(saying('error.alias-taken'));
  });

  it('/load of a damaged file, and of an architecture that it does not know, is named as that', async () => {
    const broken = await load('broken', 4_096);
    expect(broken.failed).toBe(true);
    const damaged = (['damaged', 'either'] as const).map((reason) => saying(`error.model-unloadable.${reason}`));
    const untold = saying('error.model-without-tensors');
    expect(
      (lists ? damaged : [untold]).some((words) => broken.text.includes(words)),
      broken.text,
    ).toBe(true);
    const weird = await load('weirdarch', 4_096);
    expect(weird.failed).toBe(true);
    const reasons = [
      untold,
      saying('error.model-unloadable.either'),
      saying('reason.refused-version-too-old'),
      saying('error.model-not-pulled'),
    ];
    expect(
      reasons.some((words) => weird.text.includes(words)),
      weird.text,
    ).toBe(true);
    expect(`${broken.text}${weird.text}`).not.toContain(saying('error.does-not-fit'));
  });

  it('/load without memory enough is tried with less, and told', async () => {
    const { text, failed } = await load('llama3.2-1b', 131_072);
    if (failed) {
      expect(text).toContain(saying('error.runner-died.memory'));
      expect(ollama.asked.filter((call) => call === 'POST /api/generate llama3.2-1b:latest').length).toBeGreaterThan(1);
      expect(text).toMatch(/llama runner process has terminated: (signal: killed|exit status 2)/);
    } else {
      expect(text).toContain('131072');
    }
    expect(failed).toBe(['0.3.14', '0.5.7', '0.6.5'].includes(version));
  });

  it('/load and /delete of what is not there say so', async () => {
    expect((await load('nosuchmodel', 4_096)).text).toContain(saying('error.model-not-pulled'));
    expect((await ask('delete', { model: 'nosuchmodel' })).text).toContain(saying('error.model-not-here'));
  });

  it('/delete asks, and deletes', async () => {
    const { reply, text } = await ask('delete', { model: 'smollm2-135m' });
    expect(text).toContain('smollm2-135m:latest');
    await press(reply);
    expect(ollama.asked).toContain('DELETE /api/delete smollm2-135m:latest');
  });

  it("/pull tells why it failed, with Ollama's own words", async () => {
    const { reply } = await ask('pull', { model: 'nosuchmodel' });
    const text = await press(reply);
    expect(text).toContain(saying('error.registry.dns'));
    expect(text).toContain('pull model manifest: Get "https://registry.ollama.ai');
  });
});
