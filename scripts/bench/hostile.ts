/**
 * The largest and worst inputs that the bot takes, each through the command that meets it, up to the message as Discord
 * gets it: for how long the event loop stands still meanwhile. A bot that stands still acknowledges nothing.
 */

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createActionRegistry } from '../../src/chat/actions.ts';
import type { Attachment } from '../../src/chat/attachment.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { OptionValue } from '../../src/chat/reply.ts';
import { compose } from '../../src/compose/compose.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/discord/render.ts';
import { readConfig } from '../../src/settings/config.ts';
import { measure, section, shownMs } from './measure.ts';

const SERVER = fileURLToPath(new URL('./hostile-server.ts', import.meta.url));
const TARGET_MS = 50;
const MODEL = 'team-0/some-model-with-a-long-name-0:8b-instruct-q4_K_M';
const MIXED = 'team-1/some-model-with-a-long-name-1:8b-instruct-q4_K_M';

const LOG_LINE =
  'time=2026-11-26T10:00:00.000Z level=INFO source=sched.go:1 msg="new model will fit in available VRAM" model=/root/.ollama/models/blobs/sha256-aa gpu=GPU-1 parallel=4 available=24000000000 required="9.2 GiB"\nload_tensors: offloaded 33/33 layers to GPU\nload_tensors:        CUDA0 model buffer size =  4155.99 MiB\n';

/** The Markdown section for `npm run bench`. */
export async function benchHostile(): Promise<string> {
  const child = spawn(process.execPath, [SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const url = (await lines[Symbol.asyncIterator]().next()).value as string;
  const folder = await mkdtemp(join(tmpdir(), 'headroom-hostile-'));
  const config = readConfig({
    OLLAMA_HOST: url,
    GPU_SOURCE: `prometheus+${url}/metrics`,
    DATA_DIR: folder,
    PULL_HOSTS: 'none.example',
    TZ: 'UTC',
  });
  const log = createLog('silent');
  const app = await compose({ config, log, simulated: true });
  const actions = createActionRegistry();
  const dispatcher = createDispatcher({ commands, actionHandlers, services: app.services, actions, log });
  const caller = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale: 'en' as const };
  const ask = async (typed: string, options: Readonly<Record<string, OptionValue | Attachment>> = {}) => {
    const [command = '', subcommand = null] = typed.split(' ');
    const request = { ...caller, command, subcommand, options };
    const reply = await dispatcher.dispatch(request, { progress: () => undefined });
    await renderReply(reply, { locale: 'en', actions, log });
    return reply;
  };
  const complete = (command: string, option: string, typed: string) =>
    dispatcher.complete({ ...caller, command, option, typed, options: {} });
  const cases: readonly [string, (turn: number) => Promise<unknown>][] = [
    ['/models, 20,000 on the server', () => ask('models')],
    ['/models sort:size', () => ask('models', { sort: 'size' })],
    ['completion among 20,000', (turn) => complete('fit', 'model', `name-${turn}`)],
    ['/fit of a name that is like 20,000 others', () => ask('fit', { model: 'some-model-with-a-long-nam' })],
    ['/ps, 2,000 loaded', () => ask('ps')],
    ['/vram, 16 GPUs, 2,000 loaded, 1 MB of figures', () => ask('vram')],
    ['/status now', () => ask('status now')],
    ['/fit of 128 layers, 262,144 words', (turn) => ask('fit', { model: MODEL, ctx: 4_096 + 256 * turn })],
    ['/fit of 512 layers that all differ', (turn) => ask('fit', { model: MIXED, ctx: 4_096 + 256 * turn })],
    ['/plan check of two such', () => ask('plan check', { models: `${MODEL}, ${MIXED}` })],
    ['/explain of a log of 1 MiB', () => ask('explain', { log: fileOf(LOG_LINE) })],
    ['/explain of one line of 1 MiB', () => ask('explain', { log: fileOf('level=INFO msg="x" ') })],
    ['/explain of 1 MiB of brackets', () => ask('explain', { log: fileOf('[{(') })],
    ['/doctor', () => ask('doctor')],
  ];
  const rows: string[][] = [];
  try {
    for (const [name, work] of cases) {
      const { median, blocked } = await measure(5, work, 0);
      rows.push([name, shownMs(median), shownMs(blocked), `≤ ${TARGET_MS} ms`]);
    }
  } finally {
    await app.close();
    child.stdin.end();
    await rm(folder, { recursive: true, force: true });
  }
  return section('The largest inputs', ['case', 'median', 'event loop blocked at most', 'target'], rows);
}

/** A file of 1 MiB of the same again and again. */
function fileOf(piece: string): Attachment {
  const bytes = Buffer.from(piece.repeat(Math.ceil(2 ** 20 / piece.length)).slice(0, 2 ** 20));
  return {
    name: 'ollama.log',
    contentType: 'text/plain',
    sizeBytes: bytes.length,
    open: async () =>
      (async function* () {
        yield bytes;
      })(),
  };
}
