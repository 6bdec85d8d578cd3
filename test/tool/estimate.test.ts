import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { parseGpuList } from '../../src/estimator/gpu-list.ts';
import { BatchEstimator } from '../../src/tool/estimate.ts';

const GIB = 1024 ** 3;

function batch(): BatchEstimator {
  return new BatchEstimator(
    async (name) => builtinCatalogue().find(name)!,
    () => {
      throw new Error('no model is given in place here');
    },
    String,
    parseGpuList,
  );
}

/** Rows of few models and cards, many contexts. */
function rows(): string[] {
  return Array.from({ length: 48 }, (_, index) =>
    JSON.stringify({
      id: index,
      model: ['llama3.2:1b', 'gemma3:12b', 'qwen3:30b'][index % 3],
      numCtx: 2_048 * (1 + (index % 8)),
      kvCacheType: ['f16', 'q8_0'][Math.floor(index / 3) % 2],
      ollama: index % 6 === 5 ? 'llama.cpp' : '0.33.0',
      gpus: Array.from({ length: 1 + (index % 2) }, () => ({ name: 'GPU', totalBytes: (8 + 4 * (index % 2)) * GIB })),
    }),
  );
}

describe('the batch estimator', () => {
  it('answers each row as if it were the only one', async () => {
    const together = batch();
    for (const row of rows()) {
      const shared = await together.answer(row);
      expect(shared).toBe(await batch().answer(row));
      expect(JSON.parse(shared)).not.toHaveProperty('error');
    }
  });

  it('tells the largest context of each server that is asked about', async () => {
    const one = batch();
    const largest = async (gib: number, numCtx: number) => {
      const gpus = [{ name: 'GPU', totalBytes: gib * GIB }];
      return JSON.parse(await one.answer(JSON.stringify({ model: 'gemma3:12b', numCtx, gpus }))).maxCtx;
    };
    const small = await largest(12, 4_096);
    expect(small).toBeGreaterThan(4_096);
    expect(await largest(12, 32_768)).toBe(small);
    expect(await largest(16, 4_096)).toBeGreaterThan(small);
  });
});

describe('what a line may say of the server', () => {
  const ask = async (line: object) => JSON.parse(await batch().answer(JSON.stringify(line)));
  const line = { model: 'llama3.1:8b', numCtx: 8_192 };

  it('GPUs as text, as people write them', async () => {
    const { gpus } = await ask({ ...line, gpus: '2x24GiB' });
    expect(gpus).toHaveLength(2);
    expect((await ask({ ...line, gpus: 'nonsense' })).error).toBeDefined();
  });

  it.each([
    ['one text', '24GiB, RTX 3090'],
    ['a text each', ['24GiB', 'RTX 3090']],
    ['objects whose sizes are text', [{ totalBytes: '24GiB' }, { name: 'RTX 3090', totalBytes: '24GiB' }]],
    ['a card that is known by its name', ['24GiB', { name: '3090' }]],
    ['full-width signs', '２４ＧｉＢ、ＲＴＸ３０９０'],
  ])('GPUs as %s, with what is left on each', async (_form, gpus) => {
    const answer = await ask({ ...line, gpus });
    expect(answer.gpus.map(({ left, total }: { left: number; total: number }) => left + total > 20 * GIB)).toEqual([
      true,
      true,
    ]);
  });

  it('what is free, as a size in words', async () => {
    const { gpus } = await ask({ ...line, gpus: [{ totalBytes: '24GiB', freeBytes: '12.5GiB' }] });
    expect(gpus[0].left + gpus[0].total).toBe(12.5 * GIB);
  });

  it.each([
    [[{}]],
    [[{ name: 'Voodoo' }]],
    [[{ totalBytes: '4090GiB' }]],
    [['2x24GiB', 'x']],
    [[{ totalBytes: '2x8GiB' }]],
  ])('refuses %j', async (gpus) => {
    expect((await ask({ ...line, gpus })).error).toBeDefined();
  });

  it.each(['32k', '32K', '32,768', '32 768', 'ctx: 32k', 'ctx：３２ｋ'])('a context of %j', async (numCtx) => {
    expect((await ask({ ...line, numCtx, gpus: '24GiB' })).numCtx).toBe(32_768);
  });

  it('no context that is none', async () => {
    expect((await ask({ ...line, numCtx: 'many', gpus: '24GiB' })).error.message).toMatch(/32k, 128K/);
  });

  it("Ollama's own variables; what the line says itself comes before them", async () => {
    const env = { OLLAMA_NUM_PARALLEL: '4', OLLAMA_SCHED_SPREAD: 1, OLLAMA_KV_CACHE_TYPE: 'q8_0' };
    const plain = await ask({ ...line, gpus: '2x24GiB' });
    const spread = await ask({ ...line, gpus: '2x24GiB', env });
    expect(spread.placement.perGpuLayers.every((layers: number) => layers > 0)).toBe(true);
    const cache = (answer: { gpus: { cache: number }[] }) => answer.gpus.reduce((sum, gpu) => sum + gpu.cache, 0);
    expect(cache(spread) / cache(plain)).toBeCloseTo((4 * 8.5) / 16, 2);
    const one = await ask({ ...line, gpus: '2x24GiB', env, numParallel: 1 });
    expect(cache(one) / cache(plain)).toBeCloseTo(8.5 / 16, 2);
  });

  it('which GPUs Ollama may use, and which one it shall', async () => {
    const layers = async (more: object) => (await ask({ ...line, gpus: '3x24GiB', ...more })).placement.perGpuLayers;
    expect(await layers({ visibleGpus: [2] })).toEqual([0, 0, 33]);
    expect(await layers({ env: { CUDA_VISIBLE_DEVICES: '1,2' }, mainGpu: 1 })).toEqual([0, 0, 33]);
  });

  it('no context: the default of that server', async () => {
    const { numCtx: _, ...bare } = line;
    expect((await ask({ ...bare, gpus: '24GiB' })).numCtx).toBe(32_768);
    expect((await ask({ ...bare, gpus: '24GiB', env: { OLLAMA_CONTEXT_LENGTH: '12288' } })).numCtx).toBe(12_288);
  });

  it('what is loaded already: who leaves first, and what is left', async () => {
    const loaded = [
      { model: 'gemma3:12b', numCtx: 8_192, keepAliveSeconds: 3_600 },
      { model: 'llama3.2:3b', numCtx: 4_096, keepAliveSeconds: 60 },
    ];
    const asked = { ...line, gpus: [{ totalBytes: 16 * GIB, freeBytes: 4 * GIB }], loaded };
    expect((await ask(asked)).evicts).toEqual(['llama3.2:3b']);
    const beside = await ask({ ...asked, gpus: [{ totalBytes: 80 * GIB, freeBytes: 66 * GIB }] });
    expect(beside.evicts).toEqual([]);
    expect(beside.gpus[0].left).toBe(66 * GIB - beside.gpus[0].total);
    // Where nobody measured what they leave, what they hold is taken off.
    const unmeasured = await ask({ ...asked, gpus: [{ totalBytes: 80 * GIB }] });
    expect(unmeasured.gpus[0].left).toBeLessThan(70 * GIB - unmeasured.gpus[0].total);
  });

  it('memory outside the buffers in its three parts', async () => {
    const [gpu] = (await ask({ ...line, gpus: 'RTX 3090' })).gpus;
    const { context, load, use } = gpu.overheadParts;
    expect(context + load + use).toBe(gpu.overhead);
  });
});

describe('a line about a set', () => {
  const ask = async (line: object) => JSON.parse(await batch().answer(JSON.stringify(line)));
  const models = [
    { model: 'gemma3:12b', numCtx: 8_192, pinned: true },
    { model: 'llama3.1:8b', numCtx: 8_192 },
  ];

  it('tells each load, who leaves for it, and whether all are there together', async () => {
    const large = await ask({ id: 's', mode: 'set', models, gpus: '2x24GiB' });
    expect(large).toMatchObject({ id: 's', together: true, loaded: ['gemma3:12b', 'llama3.1:8b'] });
    const small = await ask({ mode: 'set', models, gpus: '12GiB' });
    expect(small.together).toBe(false);
    expect(small.steps[1].evicts).toEqual(['gemma3:12b']);
  });

  it('needs models, as other lines need one', async () => {
    expect((await ask({ mode: 'set', gpus: '12GiB' })).error.code).toBe('models-missing');
    expect((await ask({ numCtx: 4_096, gpus: '12GiB' })).error.code).toBe('model-missing');
  });
});
