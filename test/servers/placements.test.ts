import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/estimator/plan/decide.ts';
import { specFromJson } from '../../src/gguf/from-json.ts';
import type { Choice } from '../../src/servers/loading/choose.ts';
import { findWayOut } from '../../src/servers/loading/in-the-way.ts';
import { isOnGpu, spilledBytes } from '../../src/servers/loading/proof.ts';
import { createPlacementBook, heldBytes, hostBytes, placementOf } from '../../src/servers/placements.ts';
import { buildSnapshot } from '../../src/servers/snapshot.ts';
import type { LoadedModelView } from '../../src/servers/types.ts';

const GIB = 1024 ** 3;
const read = (name: string) =>
  specFromJson(JSON.parse(readFileSync(new URL(`../fixtures/models/${name}.json`, import.meta.url), 'utf8')), name);

const CARD = {
  name: 'NVIDIA GeForce GTX 1070 Ti',
  totalBytes: 8107 * 2 ** 20,
  freeBytes: 8107 * 2 ** 20,
  computeCapability: 6.1,
};

/** On two of these a layer's experts of the first end on the second. */
const SMALL = { ...CARD, totalBytes: 7000 * 2 ** 20, freeBytes: 7000 * 2 ** 20 };

function view(sizeBytes: number, sizeVramBytes: number): LoadedModelView {
  return {
    name: 'model:tag',
    digest: 'd'.repeat(64),
    sizeBytes,
    sizeVramBytes,
    gpuShare: sizeVramBytes / sizeBytes,
    contextLength: 8192,
    expiresAtMs: null,
    stopping: false,
    details: {
      parentModel: '',
      format: 'gguf',
      family: '',
      families: [],
      parameterSize: '',
      quantization: '',
    } as never,
    isCloud: false,
    isMlx: false,
  };
}

describe('what went to system memory', () => {
  const plan = decide(read('gpt-oss-20b'), { ollama: '0.33.0', gpus: [SMALL, SMALL] }, { numCtx: 8192 });

  it('experts that lie on another GPU are no spill, though size exceeds size_vram', () => {
    expect(plan.verdict).toBe('fits');
    expect(plan.sizeBytes).toBeGreaterThan(plan.sizeVramBytes * 1.01);
    const model = view(plan.sizeBytes, plan.sizeVramBytes);
    expect(spilledBytes(model, plan)).toBe(0);
    expect(isOnGpu(model, plan)).toBe(true);
    expect(isOnGpu(model)).toBe(false);
  });

  it('what is there beyond the plan is one', () => {
    const model = view(plan.sizeBytes, plan.sizeVramBytes - GIB);
    expect(spilledBytes(model, plan)).toBe(GIB);
    expect(isOnGpu(model, plan)).toBe(false);
  });
});

describe('the book of placements', () => {
  const spec = read('gemma3-1b');
  const plan = decide(spec, { ollama: '0.33.0', gpus: [CARD] }, { numCtx: 32_768 });
  const model = view(plan.sizeBytes, plan.sizeVramBytes);

  it('takes a plan that agrees with the sizes, and then knows what is really held', () => {
    const placement = placementOf(plan, model, ['GPU-1'])!;
    expect(placement.hostBytes).toBe(0);
    expect(placement.gpus.map(({ uuid }) => uuid)).toEqual(['GPU-1']);
    // The first of the two caches is missing in what Ollama says.
    expect(heldBytes({ ...model, placement })).toBeGreaterThan(model.sizeVramBytes + 100 * 2 ** 20);
    expect(heldBytes(model)).toBe(model.sizeVramBytes);
  });

  it('does not take a plan of another load', () => {
    expect(placementOf(plan, view(plan.sizeBytes * 1.2, plan.sizeVramBytes), ['GPU-1'])).toBeNull();
  });

  it('forgets a placement with the load: another size is another load', () => {
    const book = createPlacementBook();
    book.learn(model, placementOf(plan, model, ['GPU-1']));
    expect(book.of(model)).not.toBeUndefined();
    expect(book.of({ ...model, sizeBytes: model.sizeBytes + 1 })).toBeUndefined();
  });

  it('a snapshot shows a model as wholly on the GPUs where its placement says so', () => {
    const spread = { ...model, sizeBytes: model.sizeBytes * 1.5 };
    const book = createPlacementBook();
    const parts = {
      name: 'main',
      env: { gpuOverheadBytes: 0 },
      nowMs: 0,
      ollama: { state: 'up', version: { text: '0.33.0', numbers: [0, 33, 0] }, versionWarning: null } as never,
      models: { list: [{ ...spread, pinned: true } as never], atMs: 0 },
      modelsCurrent: true,
      gpus: null,
      goodGpus: null,
      incomplete: false,
      placements: book,
    };
    expect(buildSnapshot(parts).models![0]!.gpuShare).toBeCloseTo(1 / 1.5);
    book.learn(spread, { hostBytes: 0, gpus: [], alone: false });
    const [shown] = buildSnapshot(parts).models!;
    expect(shown!.gpuShare).toBe(1);
    expect(hostBytes(shown!)).toBe(0);
  });
});

describe('whose leave is asked first', () => {
  const candidates = ['a', 'b', 'c'].map((name) => ({ model: name, hold: null, inUse: name === 'c', leavesAtMs: 0 }));
  const choice = { numCtx: 8192, clamp: null } as Choice;

  it('of the one that Ollama would unload, in its order, though another stands idle', async () => {
    const wayOut = await findWayOut(candidates, 0, async () => choice, ['c', 'a']);
    expect(wayOut?.obstacles.map(({ model }) => model)).toEqual(['c']);
  });

  it("without such an order, nobody's first", async () => {
    const wayOut = await findWayOut(candidates, 0, async () => choice);
    expect(wayOut?.obstacles.map(({ model }) => model)).toEqual(['a']);
  });
});
