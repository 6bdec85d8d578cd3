import { afterEach, describe, expect, test } from 'vitest';
import { createWeightsIndex, sameWeights, type Weighted } from '../../../src/servers/asking/same-weights.ts';
import { LARGE, otherClient, SMALL, startRig } from '../loading/rig.ts';

const model = (name: string, more: Partial<Weighted> = {}): Weighted => ({
  name,
  digest: null,
  parentModel: '',
  weights: null,
  ...more,
});

describe('two models of one server run the same weights', () => {
  const cases: readonly [why: string, a: Weighted, b: Weighted, same: boolean][] = [
    ['one name in two spellings', model('gemma3'), model('Library/gemma3:latest'), true],
    ['other names, nothing else known', model('a'), model('b'), false],
    ['a copy: one manifest', model('a', { digest: 'd1' }), model('b', { digest: 'd1' }), true],
    ['two manifests', model('a', { digest: 'd1' }), model('b', { digest: 'd2' }), false],
    ['an empty digest says nothing', model('a', { digest: '' }), model('b', { digest: '' }), false],
    ['made from the other', model('a', { parentModel: 'b:latest' }), model('b'), true],
    ['made from one parent', model('a', { parentModel: 'c' }), model('b', { parentModel: 'C:latest' }), true],
    [
      'one file of weights',
      model('a', { digest: 'd1', weights: 'w' }),
      model('b', { digest: 'd2', weights: 'w' }),
      true,
    ],
    ['the file decides over the name', model('a', { weights: 'w1' }), model('a', { weights: 'w2' }), false],
    [
      'the file decides over the parent',
      model('a', { weights: 'w1', parentModel: 'b' }),
      model('b', { weights: 'w2' }),
      false,
    ],
  ];

  test.each(cases)('%s', (_why, a, b, same) => {
    expect(sameWeights(a, b)).toBe(same);
    expect(sameWeights(b, a)).toBe(same);
  });
});

describe('what a load takes the place of', () => {
  let asked = 0;
  afterEach(() => {
    asked = 0;
  });

  test('a model under another name that was made from it, however little its name tells', async () => {
    const { server, ...rig } = await startRig({ cards: 1 });
    await server.ollama.create('team/ours', { from: SMALL, parameters: { num_ctx: 2048 } });
    await otherClient({ server, ...rig }, 'team/ours', 2048);
    const show = server.ollama.show.bind(server.ollama);
    const counted = Object.assign(Object.create(server.ollama), {
      show: (...args: Parameters<typeof show>) => {
        asked += 1;
        return show(...args);
      },
    });
    // A server that hides parents, as Ollama's lists do: only the file of weights tells.
    const snapshot = await server.snapshot({ maxAgeMs: 0 });
    const hidden = {
      ...snapshot,
      models: snapshot.models!.map((one) => ({ ...one, details: { ...one.details, parentModel: '' } })),
    };
    const index = createWeightsIndex();
    const watched = { ...server, ollama: counted };
    expect(index.replacedByKnown(watched, hidden, { name: SMALL })).toEqual([]);
    expect(await index.replacedBy(watched, hidden, { name: SMALL })).toEqual(['team/ours:latest']);
    expect(index.replacedByKnown(watched, hidden, { name: SMALL })).toEqual(['team/ours:latest']);
    expect(await index.replacedBy(watched, hidden, { name: LARGE })).toEqual([]);
    // Remembered: the loaded one and the small one once each, the large one once.
    expect(asked).toBe(3);
  });

  test('a server that does not say leaves the names to tell, within a moment', async () => {
    const { server, ...rig } = await startRig({ cards: 1 });
    await otherClient({ server, ...rig }, SMALL, 2048);
    const silent = {
      ...server,
      ollama: Object.assign(Object.create(server.ollama), { show: () => Promise.reject(new Error('no')) }),
    };
    const snapshot = await server.snapshot({ maxAgeMs: 0 });
    const index = createWeightsIndex();
    expect(await index.replacedBy(silent, snapshot, { name: LARGE })).toEqual([]);
    expect(await index.replacedBy(silent, snapshot, { name: SMALL.toUpperCase() })).toEqual([SMALL]);
  });
});
