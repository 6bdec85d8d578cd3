import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { clamp } from '../../src/estimator/plan/clamp.ts';
import { decide } from '../../src/estimator/plan/decide.ts';
import { bestQuantization, smallestGpuCount } from '../../src/estimator/plan/inverse.ts';
import type { EstimateRequest, EstimateServer, ModelSpec } from '../../src/estimator/types.ts';
import type { Estimates } from '../../src/workers/estimates.ts';
import { createEstimatePool, type EstimatePoolSettings } from '../../src/workers/pool.ts';

const GIB = 2 ** 30;
const gpu = { name: 'GPU', totalBytes: 12 * GIB, freeBytes: 12 * GIB };
const server: EstimateServer = { ollama: '0.33.0', gpus: [gpu] };
const request: EstimateRequest = { numCtx: 8_192 };
const llama = fixture('llama3.1-8b');

/** Tensors forced to the CPU by a pattern that takes exponential time on names of this form: an estimate without end. */
const endless: EstimateRequest = { ...request, numGpu: 33, cpuTensors: ['^(([a-z]|[a-z._0-9])+)+!$'] };
const llamaCpp: EstimateServer = { ...server, ollama: 'llama.cpp' };

const pools: Estimates[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function pool(settings: EstimatePoolSettings = {}): Estimates {
  const made = createEstimatePool(settings);
  pools.push(made);
  return made;
}

function fixture(name: string): ModelSpec {
  return JSON.parse(readFileSync(new URL(`../fixtures/models/${name}.json`, import.meta.url), 'utf8')) as ModelSpec;
}

/** The same model with other contents, so that its digest is another. */
function variant(mark: string): ModelSpec {
  return { ...llama, metadata: { ...llama.metadata, 'general.description': mark } };
}

describe('estimates in threads', () => {
  it('answer as the pure functions do', async () => {
    const estimator = pool().by('ann');
    expect(await estimator.decide(llama, server, request)).toEqual(decide(llama, server, request));
    const { plans: _work, ...largest } = clamp(llama, server, request);
    expect(await estimator.clamp(llama, server, request)).toMatchObject(largest);
    expect(await estimator.smallestGpuCount(llama, gpu, server, request)).toEqual(
      smallestGpuCount(llama, gpu, server, request),
    );
    const other = fixture('qwen3-30b-a3b');
    const best = await estimator.bestQuantization([other, llama], server, request);
    expect([other, llama][best!.index]).toBe(bestQuantization([other, llama], server, request)?.spec);
  });

  it('refuse with the code that the pure function throws', async () => {
    const estimator = pool().by('ann');
    const broken = { ...llama, tensors: [] };
    const thrown = (() => {
      try {
        return decide(broken, server, request);
      } catch (error) {
        return error;
      }
    })();
    await expect(estimator.decide(broken, server, request)).rejects.toEqual(thrown);
  });

  it('end one that takes too long, go on with the next question, and refuse that model for an hour', async () => {
    let now = Date.UTC(2026, 10, 26);
    const estimates = pool({ deadlineMs: 400, now: () => now });
    const bad = variant('endless');
    await expect(estimates.by('ann').planFixed(bad, llamaCpp, endless)).rejects.toMatchObject({
      code: 'estimate-timeout',
      params: { model: bad.name },
    });
    expect((await estimates.by('ann').decide(llama, server, request)).verdict).toBe('fits');
    // Under another name it is the same model.
    await expect(estimates.by('ben').decide({ ...bad, name: 'nice' }, server, request)).rejects.toMatchObject({
      code: 'estimate-refused',
      params: { model: 'nice' },
    });
    now += 60 * 60_000;
    expect((await estimates.by('ben').decide(bad, server, request)).verdict).toBe('fits');
  });

  it('leave the other thread to everybody else while one is stuck', async () => {
    const estimates = pool({ deadlineMs: 3_000 });
    const order: string[] = [];
    const stuck = estimates
      .by('ann')
      .planFixed(variant('stuck'), llamaCpp, endless)
      .catch(() => order.push('stuck'));
    // Her own next question waits for her turn; nobody else's does.
    const own = estimates
      .by('ann')
      .decide(llama, server, request)
      .then(() => order.push('own'));
    const others = ['ben', 'cid', 'dee'].map((person) =>
      estimates
        .by(person)
        .decide(llama, server, request)
        .then(() => order.push(person)),
    );
    await Promise.all([stuck, own, ...others]);
    expect(order).toEqual(['ben', 'cid', 'dee', 'stuck', 'own']);
  });

  it('leave the event loop free meanwhile', async () => {
    const estimates = pool({ deadlineMs: 500 });
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 5);
    await estimates
      .by('ann')
      .planFixed(variant('loop'), llamaCpp, endless)
      .catch(() => undefined);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });

  it('drop a question that nobody waits for any more', async () => {
    const estimates = pool({ deadlineMs: 600 });
    const stuck = estimates
      .by('ann')
      .planFixed(variant('drop'), llamaCpp, endless)
      .catch((error) => error.code);
    const given = new AbortController();
    const waiting = estimates.by('ann', given.signal).decide(llama, server, request);
    given.abort(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
    expect(await stuck).toBe('estimate-timeout');
  });

  it('refuse in words when too many wait', async () => {
    const estimates = pool({ deadlineMs: 500 });
    const stuck = estimates
      .by('ann')
      .planFixed(variant('many'), llamaCpp, endless)
      .catch((error) => error.code);
    const asked = Array.from({ length: 70 }, () =>
      estimates
        .by('ann')
        .decide(llama, server, request)
        .then(
          () => 'answered',
          (error) => error.code,
        ),
    );
    const answers = await Promise.all(asked);
    expect(new Set(answers)).toEqual(new Set(['answered', 'estimates-busy']));
    expect(answers.filter((one) => one === 'estimates-busy')).toHaveLength(6);
    expect(await stuck).toBe('estimate-timeout');
  });

  it('survive threads that run out of memory', async () => {
    const estimates = pool({ heapMib: 3 });
    for (let i = 0; i < 3; i++) {
      await expect(estimates.by('ann').decide(llama, server, request)).rejects.toMatchObject({
        code: 'estimate-crashed',
      });
    }
  });

  it('do not take a description that is longer than that of any real model', async () => {
    const tensors = Array.from({ length: 30_000 }, (_, i) => ({ name: `blk.${i}.x`, shape: [1], type: 'F32' }));
    for (const large of [
      { ...llama, tensors },
      { ...llama, metadata: { ...llama.metadata, filler: 'x'.repeat(3_000_000) } },
    ]) {
      await expect(pool().by('ann').decide(large, server, request)).rejects.toMatchObject({
        code: 'estimate-too-large',
      });
    }
  });

  it('reject what waits when they close', async () => {
    const estimates = pool({ deadlineMs: 10_000 });
    const stuck = estimates.by('ann').planFixed(variant('close'), llamaCpp, endless);
    const waiting = estimates.by('ann').decide(llama, server, request);
    const results = Promise.allSettled([stuck, waiting]);
    await estimates.close();
    for (const result of await results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'estimates-closed' } });
    }
    await expect(estimates.by('ann').decide(llama, server, request)).rejects.toMatchObject({
      code: 'estimates-closed',
    });
  });
});
