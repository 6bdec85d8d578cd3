/** Sets of models: how long a plan takes, and how near the contexts come to the best that trying everything finds. */

import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { fitSet, shareOf, type WantedModel } from '../../src/estimator/plan/fit-set.ts';
import { planSet } from '../../src/estimator/plan/sets.ts';
import type { EstimateServer } from '../../src/estimator/types.ts';
import { createRandom, type Random } from '../fuzz/random.ts';
import { measure, section, shownMs } from './measure.ts';

const GIB = 2 ** 30;
const SEED = 14;
const CASES = 60;
/** Contexts that trying everything tries: so many steps up to what is asked. */
const STEPS = 8;
const MODELS = ['gemma3:4b', 'gemma3:12b', 'llama3.1:8b', 'llama3.2:3b', 'qwen3:8b', 'qwen2.5-coder:7b'];
const SIX = ['llama3.1:8b', 'qwen3:32b', 'gemma3:12b', 'qwen2.5-coder:7b', 'qwen3:8b', 'nomic-embed-text'];

const catalogue = builtinCatalogue();
const wanted = (name: string, numCtx: number): WantedModel => ({
  spec: catalogue.find(name)!,
  request: { numCtx, flashAttention: 'auto' },
});
const server = (gib: readonly number[]): EstimateServer => ({
  ollama: '0.33.0',
  gpus: gib.map((size) => ({
    name: 'NVIDIA GeForce RTX 3090',
    totalBytes: size * GIB,
    freeBytes: (size - 0.4) * GIB,
    computeCapability: 8.6,
  })),
});

interface Objective {
  readonly least: number;
  readonly sum: number;
}

/** The best of all contexts in steps: the smallest share first, then their sum. */
function best(models: readonly WantedModel[], on: EstimateServer): Objective {
  let found: Objective = { least: 0, sum: 0 };
  const walk = (contexts: readonly number[]): void => {
    if (contexts.length < models.length) {
      const most = models[contexts.length]!.request.numCtx;
      for (let step = 1; step <= STEPS; step++) {
        walk([...contexts, Math.floor((most * step) / STEPS / 256) * 256]);
      }
      return;
    }
    const shares = contexts.map((ctx, at) => ctx / models[at]!.request.numCtx);
    const objective = { least: Math.min(...shares), sum: shares.reduce((a, b) => a + b, 0) };
    const better = objective.least > found.least || (objective.least === found.least && objective.sum > found.sum);
    const set = () => models.map((model, at) => ({ ...model, request: { ...model.request, numCtx: contexts[at]! } }));
    if (better && planSet(set(), on).together) {
      found = objective;
    }
  };
  walk([]);
  return found;
}

function someCase(random: Random): { readonly models: readonly WantedModel[]; readonly on: EstimateServer } {
  const names = MODELS.toSorted(() => random.next() - 0.5).slice(0, 2 + random.below(2));
  const models = names.map((name) => wanted(name, random.pick([16_384, 32_768, 65_536, 131_072])));
  const gpus = Array.from({ length: 1 + random.below(3) }, () => random.pick([8, 12, 16, 24]));
  return { models, on: server(gpus) };
}

function againstBest(): readonly string[] {
  let near = 0;
  let compared = 0;
  let missed = 0;
  for (let index = 0; index < CASES; index++) {
    const { models, on } = someCase(createRandom(SEED + Math.imul(index, 0x9e3779b1)));
    const found = fitSet(models, on);
    const ideal = best(models, on);
    if (ideal.least === 0) {
      continue;
    }
    compared++;
    if (found.contexts === null) {
      missed++;
      continue;
    }
    const shares = found.contexts.map((ctx, at) => ctx / models[at]!.request.numCtx);
    const sum = shares.reduce((a, b) => a + b, 0);
    const least = shareOf(found);
    // With a larger smallest share the sum does not count any more.
    near += least > ideal.least || (least >= ideal.least * 0.95 && sum >= ideal.sum * 0.95) ? 1 : 0;
  }
  return [
    `${compared} random sets of two or three on one to three GPUs, seed ${SEED}`,
    String(near),
    String(missed),
    `${((near / compared) * 100).toFixed(1)} %`,
    '≥ 95 %',
  ];
}

export async function benchSets(): Promise<string> {
  const eight = server(Array.from({ length: 8 }, () => 24));
  const short = server(Array.from({ length: 8 }, () => 12));
  let turn = 0;
  // Contexts differ from turn to turn: nothing is answered from memory.
  const six = () => SIX.map((name) => wanted(name, name.startsWith('nomic') ? 2_048 : 16_384 + 256 * (turn++ % 60)));
  const plan = await measure(40, () => planSet(six(), eight));
  const fits = await measure(40, () => fitSet(six(), eight));
  const shorter = await measure(15, () => fitSet(six(), short));
  const row = (name: string, times: typeof plan, target: string) => [
    name,
    shownMs(times.median),
    shownMs(times.p95),
    target,
  ];
  return [
    section(
      'Sets of models',
      ['case', 'median', 'p95', 'target'],
      [
        row('six models on eight GPUs of 24 GiB, planned', plan, '≤ 100 ms'),
        row('the same with the contexts that make it fit', fits, '≤ 100 ms'),
        row('six models on eight GPUs of 12 GiB: contexts are looked for', shorter, ''),
      ],
    ),
    section(
      'Contexts against trying everything in eighths',
      ['sets', 'at least 95 % of the best', 'nothing found', 'share', 'target'],
      [againstBest()],
    ),
  ].join('\n');
}
