/** Architectures nobody described: real models under a name that is not known, against what llama.cpp allocated. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planLlamaCpp } from '../../../../src/estimator/llama-cpp/dry-run.ts';
import type { ModelSpec } from '../../../../src/estimator/types.ts';
import type { Entry, Row } from '../recorded-models.ts';
import { configOf, entries, specOf } from '../recorded-models.ts';

/** What makes these unlike any other model cannot be seen in their tensors. */
const BEYOND_GUESSING: ReadonlySet<string> = new Set([
  'arwkv7',
  'grok',
  'llama-embed',
  'llama4',
  'nanbeige',
  'rwkv6',
  'rwkv6qwen2',
  'rwkv7',
  'smallthinker',
  't5',
  't5encoder',
]);

const guessable = entries.filter(({ name }) => !BEYOND_GUESSING.has(name));

function asNewcomer(entry: Entry): ModelSpec {
  const spec = specOf(entry);
  const prefix = `${spec.architecture}.`;
  const metadata = Object.fromEntries(
    Object.entries(spec.metadata).map(([key, value]) => [
      key.startsWith(prefix) ? `newcomer.${key.slice(prefix.length)}` : key,
      value,
    ]),
  );
  return { ...spec, architecture: 'newcomer', metadata };
}

/** Guessed over real bytes, of each GPU that holds anything. */
function ratios(spec: ModelSpec, row: Row): readonly number[] {
  const plan = planLlamaCpp(spec, configOf(row));
  return row.gpus.flatMap(([weights, cache, compute], i) => {
    const real = weights + cache + compute;
    const { weightsBytes, cacheBytes, computeBytes } = plan.gpus[i]!;
    return real === 0 ? [] : [(weightsBytes + cacheBytes + computeBytes) / real];
  });
}

describe('a model of an unknown architecture', () => {
  it.each(guessable)('takes no less than guessed: $name', (entry) => {
    const spec = asNewcomer(entry);
    for (const row of entry.rows) {
      for (const ratio of ratios(spec, row)) {
        expect(ratio).toBeGreaterThan(0.98);
      }
    }
  });

  it('takes hardly more than guessed in most cases', () => {
    const all = entries.flatMap((entry) => {
      const spec = asNewcomer(entry);
      return entry.rows.flatMap((row) => ratios(spec, row));
    });
    const sorted = all.sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(1.1);
    expect(sorted[Math.floor(sorted.length * 0.8)]).toBeLessThan(1.3);
  });

  it('is marked as guessed', () => {
    const entry = entries.find(({ name }) => name === 'qwen3')!;
    const config = configOf(entry.rows[0]!);
    expect(planLlamaCpp(asNewcomer(entry), config).computeBasis).toBe('guess');
    expect(planLlamaCpp(specOf(entry), config).computeBasis).toBe('planned');
  });
});

describe('a file that lacks tensors', () => {
  it('is guessed where its architecture cannot do without them', () => {
    const entry = entries.find(({ name }) => name === 'qwen3')!;
    const spec = specOf(entry);
    const config = configOf(entry.rows[0]!);
    const lacking = { ...spec, tensors: spec.tensors.filter(({ name }) => name !== 'blk.2.attn_output.weight') };
    const plan = planLlamaCpp(lacking, config);
    expect(plan.computeBasis).toBe('guess');
    const real = planLlamaCpp(spec, config);
    expect(plan.gpus[0]!.computeBytes).toBeGreaterThanOrEqual(real.gpus[0]!.computeBytes);
  });

  it('has a plan of whole, not negative bytes, whatever it lacks', () => {
    const anyRow = fc.constantFrom(...entries).chain((entry) =>
      fc.record({
        entry: fc.constant(entry),
        row: fc.constantFrom(...entry.rows),
        known: fc.boolean(),
        seed: fc.integer({ min: 0, max: 1 << 16 }),
        share: fc.constantFrom(3, 10, 40),
      }),
    );
    fc.assert(
      fc.property(anyRow, ({ entry, row, known, seed, share }) => {
        const spec = known ? specOf(entry) : asNewcomer(entry);
        const tensors = spec.tensors.filter((_, i) => (i * 2654435761 + seed) % share !== 0);
        const plan = planLlamaCpp({ ...spec, tensors }, configOf(row));
        for (const { weightsBytes, cacheBytes, computeBytes } of [...plan.gpus, plan.host]) {
          for (const bytes of [weightsBytes, cacheBytes, computeBytes]) {
            expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
