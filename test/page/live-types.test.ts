import { expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { serverPath } from '../../page/live/client.ts';
import type { LiveHistory, LiveSession, LiveState } from '../../page/live/types.ts';
import type { ApiHistory, ApiState, sessionSchema } from '../../src/web/page/schemas.ts';

it('what the page takes the bot’s answers for is what the API says', () => {
  expectTypeOf<ApiState>().toExtend<LiveState>();
  expectTypeOf<ApiHistory>().toExtend<LiveHistory>();
  expectTypeOf<z.output<typeof sessionSchema>>().toExtend<LiveSession>();
});

it('a question to the bot leaves out what nobody said', () => {
  expect(serverPath('main', 'fit', { model: 'a/b:c', ctx: 4096, kv: undefined })).toBe(
    '/servers/main/fit?model=a%2Fb%3Ac&ctx=4096',
  );
  expect(serverPath('main', 'models')).toBe('/servers/main/models');
});
