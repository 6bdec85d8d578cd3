import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createActionRegistry } from '../../src/chat/actions.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES } from '../../src/chat/locale.ts';
import type { OptionValue } from '../../src/chat/reply.ts';
import { createLog } from '../../src/compose/log.ts';
import { renderReply } from '../../src/discord/render.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';
import { discordPlatform } from '../support/platforms.ts';

/** A name that pings everybody, hides, links, turns the line around and ends every kind of span. */
const HOSTILE = '@everyone||`x`||[y](https://evil.example)<@123456789012345678>\u202e**z**';

let demo: DemoServices;

beforeAll(async () => {
  demo = await startDemoServices(
    ['llama3.2:1b'],
    {},
    { stubs: [{ name: `${HOSTILE}:cloud`, kind: 'cloud', sizeBytes: 300 }] },
  );
});
afterAll(() => demo.close());

/** What the client of Discord could take as markup: what is neither escaped nor in monospaced spans and blocks. */
function outsideCode(text: string): string {
  return text.replace(/\\[^\w\s]/g, '').replace(/```[\s\S]*?```|`[^`\n]*`/g, '');
}

const calls: readonly (readonly [command: string, subcommand: string | null, options: Record<string, OptionValue>])[] =
  [
    ['models', null, {}],
    ['fit', null, { model: HOSTILE }],
    ['fit', null, { model: `${HOSTILE}:cloud` }],
    ['fit', null, { model: 'llama3.2:1b', gpus: HOSTILE }],
    ['fit', null, { model: 'llama3.2:1b', server: HOSTILE.slice(0, 60) }],
    ['load', null, { model: HOSTILE }],
    ['load', null, { model: 'llama3.2:1b', 'keep-alive': HOSTILE.slice(0, 20) }],
    ['unload', null, { model: HOSTILE }],
    ['delete', null, { model: `${HOSTILE}:cloud` }],
    ['delete', null, { model: HOSTILE }],
    ['pull', null, { model: HOSTILE }],
    ['notify', 'when-fits', { model: HOSTILE }],
    ['status', 'schedule', { cron: HOSTILE }],
    [HOSTILE, null, {}],
  ];

describe('a hostile name', () => {
  it.each(calls)('does nothing in the reply to /%s %s', async (command, subcommand, options) => {
    const log = createLog('silent');
    const actions = createActionRegistry();
    const dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, actions, log });
    for (const locale of LOCALES) {
      const reply = await dispatcher.dispatch(
        {
          command,
          subcommand,
          options,
          locale,
          person: { id: '223456789012345678', name: HOSTILE, access: 'admin' },
          place: { platform: discordPlatform, guildId: '323456789012345678', channelId: '423456789012345678' },
        },
        { progress: () => {} },
      );
      const { body } = await renderReply(reply, { locale, actions, log });
      const whole = JSON.stringify(body);
      expect(whole).not.toContain('\u202e');
      expect(whole).not.toContain('@everyone');
      expect(body.allowed_mentions ?? { parse: [] }).toMatchObject({ parse: [] });
      const contents = [...whole.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map((match) =>
        String(JSON.parse(match[1]!)),
      );
      const loose = outsideCode(contents.join('\n'));
      expect(loose).not.toMatch(/\|\||<@1|\]\(|\*\*z|`/);
    }
  });
});
