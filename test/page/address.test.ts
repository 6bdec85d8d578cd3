import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstQuestion, fromAddress, toAddress } from '../../page/question/address.ts';
import { contextSteps, LEAST_CTX, nearestStep, placeOf } from '../../page/question/contexts.ts';
import { devicesOf, groupsOf, readGroups, textOf } from '../../page/question/groups.ts';
import type { Question } from '../../page/question/question.ts';
import { cardNames, KV_CACHE_TYPES, type KvCacheType, parseGpuList } from '../../src/estimator/index.ts';

const size = fc.integer({ min: 512, max: 200_000 });
const device = fc.oneof(
  fc.constantFrom(...cardNames()).map((name) => parseGpuList(name)[0]!),
  size.chain((total) => fc.integer({ min: 256, max: total }).map((free) => parseGpuList(`${total}MiB:${free}MiB`)[0]!)),
);
const gpus = fc
  .array(fc.tuple(device, fc.integer({ min: 1, max: 8 })), { minLength: 1, maxLength: 5 })
  .map((groups) => groupsOf(groups.flatMap(([one, count]) => Array.from({ length: count }, () => one))));
const name = fc.stringMatching(/^[a-z0-9][a-z0-9.:/_-]{0,40}$/);
const question: fc.Arbitrary<Question> = fc.record({
  model: fc.record({ from: fc.constantFrom('list', 'hub', 'file', 'server'), name }),
  quant: fc.constantFrom(null, 'Q4_K_M', 'IQ2_M', 'BF16'),
  gpus,
  runner: fc.constantFrom('0.33.0', '0.12.10', 'llama.cpp'),
  ctx: fc.integer({ min: 1, max: 10_000_000 }),
  kv: fc.constantFrom(null, ...([...KV_CACHE_TYPES] as KvCacheType[])),
  slots: fc.option(fc.integer({ min: 1, max: 256 })),
  flash: fc.constantFrom('auto', 'on', 'off'),
  server: fc.constant(null),
});

describe('a link', () => {
  it('shows whoever opens it the same question', () => {
    fc.assert(
      fc.property(question, (asked) => {
        expect(fromAddress(`#${toAddress(asked)}`)).toEqual(asked);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps a server of the team instead of GPUs', () => {
    const asked: Question = { ...firstQuestion(), server: 'lab-2' };
    expect(toAddress(asked)).toContain('on=lab-2');
    expect(toAddress(asked)).not.toContain('gpus=');
    expect(fromAddress(`#${toAddress(asked)}`).server).toBe('lab-2');
  });

  it('can be read by people', () => {
    const asked: Question = { ...firstQuestion(), model: { from: 'list', name: 'gemma3:12b' }, kv: 'q8_0', slots: 4 };
    expect(toAddress(asked)).toBe('model=gemma3:12b&gpus=RTX+4090&ctx=32768&kv=q8_0&parallel=4');
  });

  it('of a stranger does no harm: nonsense is as if it were not there', () => {
    const first = firstQuestion();
    for (const hash of [
      '#gpus=<script>&ctx=-1&kv=evil&parallel=1e9&fa=maybe&quant=../x',
      '#ollama=latest&with=vim',
      '#%E0%A4%A',
    ]) {
      expect(fromAddress(hash)).toEqual(first);
    }
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        const { ctx, gpus: read, model } = fromAddress(text);
        expect(ctx).toBeGreaterThan(0);
        expect(devicesOf(read).length).toBeLessThanOrEqual(64);
        expect(model.name.length).toBeLessThanOrEqual(300);
      }),
    );
  });
});

describe('a list of GPUs', () => {
  it('reads back as the same GPUs, whatever they are', () => {
    fc.assert(
      fc.property(gpus, (groups) => {
        expect(readGroups(textOf(groups))).toEqual(groups);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the slider of contexts', () => {
  it('stops at multiples of 256 up to exactly what the model was trained for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 600, max: 12_000_000 }), (most) => {
        const steps = contextSteps(most);
        expect(steps.at(-1)).toBe(most);
        expect(
          steps.slice(0, -1).every((step, index) => step % 256 === 0 && (index === 0 || step > steps[index - 1]!)),
        ).toBe(true);
        expect(nearestStep(steps, most)).toBe(steps.length - 1);
      }),
    );
  });

  it('puts doublings at equal distances', () => {
    const gap = placeOf(2 * LEAST_CTX, 131_072) - placeOf(LEAST_CTX, 131_072);
    expect(placeOf(131_072, 131_072) - placeOf(65_536, 131_072)).toBeCloseTo(gap, 10);
  });
});
