import { describe, expect, it } from 'vitest';
import { compileModel } from '../../../src/estimator/llama-cpp/compile.ts';
import { cacheBytes } from '../../../src/estimator/model/cache.ts';
import { shapeContext } from '../../../src/estimator/model/context.ts';
import { placeLayers } from '../../../src/estimator/model/placement.ts';
import { typeId } from '../../../src/estimator/model/tensors.ts';
import { gpu, MIB, model } from '../fixture-models.ts';

const llama = compileModel(model('llama3.1-8b'));
const gemma = compileModel(model('gemma3-1b'));
const options = { numCtx: 8192, numBatch: 512, numUbatch: 512, numParallel: 1, unifiedCache: false };

describe('shapeContext', () => {
  it('pads to 256 tokens, per sequence where sequences have caches of their own', () => {
    expect(shapeContext(llama.hp, { ...options, numCtx: 1000 })).toMatchObject({ numCtx: 1024, numCtxSeq: 1024 });
    expect(shapeContext(llama.hp, { ...options, numCtx: 3000, numParallel: 4 })).toMatchObject({
      numCtx: 3072,
      numCtxSeq: 768,
      streams: 4,
    });
    expect(shapeContext(llama.hp, { ...options, numCtx: 3000, numParallel: 4, unifiedCache: true })).toMatchObject({
      numCtx: 3072,
      numCtxSeq: 3072,
      streams: 1,
    });
  });

  it('takes the training context for 0, and no larger batch than the context', () => {
    expect(shapeContext(llama.hp, { ...options, numCtx: 0 }).numCtx).toBe(131072);
    expect(shapeContext(llama.hp, { ...options, numCtx: 300, numBatch: 2048 })).toMatchObject({
      numBatch: 300,
      numUbatch: 300,
    });
  });

  it('gives windowed layers the window and one micro-batch', () => {
    expect(shapeContext(gemma.hp, options).windowCells).toBe(1024);
    expect(shapeContext(gemma.hp, { ...options, numCtx: 512 }).windowCells).toBe(512);
    expect(shapeContext(gemma.hp, { ...options, numParallel: 4, unifiedCache: true }).windowCells).toBe(2560);
  });
});

describe('cacheBytes', () => {
  const f16 = typeId('F16');
  const q8 = typeId('q8_0');

  it('is 128 KiB a token for Llama 3.1 8B in F16', () => {
    const placement = placeLayers(llama.hp.layersAll, [gpu(24)], -1, undefined);
    const bytes = cacheBytes(llama, placement, shapeContext(llama.hp, options), f16, f16, false);
    expect([...bytes]).toEqual([1024 * MIB, 0]);
  });

  it('goes with the layers', () => {
    const placement = placeLayers(llama.hp.layersAll, [gpu(24), gpu(24)], 17, undefined);
    const bytes = cacheBytes(llama, placement, shapeContext(llama.hp, options), f16, f16, false);
    expect([...bytes].reduce((sum, value) => sum + value, 0)).toBe(1024 * MIB);
    expect(bytes[2]).toBe(512 * MIB);
  });

  it('shrinks to 34 of 64 bytes with q8_0', () => {
    const placement = placeLayers(llama.hp.layersAll, [gpu(24)], -1, undefined);
    const bytes = cacheBytes(llama, placement, shapeContext(llama.hp, options), q8, q8, false);
    expect(bytes[0]).toBe((1024 * MIB * 34) / 64);
  });
});
