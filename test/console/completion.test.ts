import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { createLog } from '../../src/compose/log.ts';
import { completeLine } from '../../src/console/completion.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

let demo: DemoServices;
let dispatcher: Dispatcher;
const caller = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale: 'en' } as const;

beforeAll(async () => {
  demo = await startDemoServices(['gemma3:12b', 'llama3.2:1b']);
  dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
});
afterAll(() => demo.close());

const complete = (line: string) =>
  completeLine(line, commands, (request) => dispatcher.complete({ ...caller, ...request }));
/** The line as it would be if a candidate were taken. */
const lines = async (line: string) => {
  const { candidates, typed } = await complete(line);
  return candidates.map((candidate) => line.slice(0, line.length - typed.length) + candidate);
};

describe('Tab in the terminal', () => {
  it.each([
    ['/fi', ['/fit ']],
    ['fi', ['fit ']],
    ['／fi', ['/fit ']],
    ['/fti', ['/fit ']],
    ['/noti', ['/notify ']],
    ['/notify when', ['/notify when-fits ', '/notify when-free ']],
    ['/vram window:2', ['/vram window:24h ']],
    ['/load gemma3:12b partial:y', ['/load gemma3:12b partial:yes ']],
    ['/fit gemma3:12b serv', ['/fit gemma3:12b server:']],
    ['/fit gemma3:12b server:', ['/fit gemma3:12b server:main ']],
    ['/fit gemma3:12b kv：q', ['/fit gemma3:12b kv:q8_0 ', '/fit gemma3:12b kv:q4_0 ']],
    ['/nonsense x', []],
  ])('%s', async (line, wanted) => {
    expect(await lines(line)).toEqual(wanted);
  });

  it('finds models by a part of the name, with a space in it too, those of the server first', async () => {
    expect((await lines('/fit llama'))[0]).toBe('/fit llama3.2:1b ');
    expect((await lines('/fit gemma 3'))[0]).toBe('/fit gemma3:12b ');
    expect(await lines('/fit 70b')).toContain('/fit llama3.3:70b ');
    expect(await lines('/fit model:70b')).toContain('/fit model:llama3.3:70b ');
  });

  it('finds contexts as people write them', async () => {
    expect(await lines('/fit gemma3:12b ctx:32k')).toEqual(['/fit gemma3:12b ctx:32768 ']);
    expect(await lines('/fit gemma3:12b 32')).toContain('/fit gemma3:12b 32768 ');
    expect(await lines('/notify when-fits gemma3:12b ctx=128K')).toEqual(['/notify when-fits gemma3:12b ctx:131072 ']);
  });

  it('goes on with a list of models', async () => {
    expect((await lines('/plan check gem'))[0]).toBe('/plan check gemma3:12b ');
    expect((await lines('/plan check gemma3:12b llama3.2'))[0]).toBe('/plan check gemma3:12b llama3.2:1b ');
    expect(await lines('/plan check gemma3:12b ser')).toContain('/plan check gemma3:12b server:');
  });

  it('is what other chats offer too', async () => {
    for (const [line, option, typed] of [
      ['/fit gemma 3', 'model', 'gemma 3'],
      ['/fit 70b', 'model', '70b'],
      ['/fit gemma3:12b 32k', 'ctx', '32k'],
    ] as const) {
      const options = { model: 'gemma3:12b' };
      const offered = await dispatcher.complete({ ...caller, command: 'fit', option, typed, options });
      expect((await complete(line)).candidates).toEqual(offered.slice(0, 60).map(({ value }) => `${value} `));
    }
  });
});
