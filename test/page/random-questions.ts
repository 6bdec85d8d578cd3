import { firstQuestion } from '../../page/question/address.ts';
import { readGroups, textOf } from '../../page/question/groups.ts';
import type { Question } from '../../page/question/question.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { trainingContext } from '../../src/estimator/index.ts';
import type { KvCacheType } from '../../src/estimator/types.ts';

/** A question as the page has it, and as the command line says the same. */
export interface RandomQuestion {
  readonly question: Question;
  readonly line: { readonly model: string; readonly options: Readonly<Record<string, string>> };
}

const GPUS = [
  '4x8GiB',
  '2x RTX 3090',
  'RTX 4090',
  'RTX 3060',
  '2x4090, RTX 3060',
  '24GiB:20GiB, 8GiB',
  'H100',
  '8xH100',
  '2xA100 80GB',
  'GTX 1070 Ti, GTX 1080',
  '12GiB',
  '3x16GiB:15.2GiB',
];
const OLLAMA = ['0.33.0', '0.30.0', '0.24.0', '0.20.0', '0.13.5', '0.12.11', '0.12.10', '0.9.6', 'llama.cpp'];
const CACHE: readonly (KvCacheType | null)[] = [null, null, 'q8_0', 'q4_0'];
const SLOTS = [null, null, 1, 2, 4];

/** The same questions for the same seed. */
export function randomQuestions(count: number, seed: number): readonly RandomQuestion[] {
  const random = mulberry(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const catalogue = builtinCatalogue();
  const names = catalogue.names().filter((name) => catalogue.lookUp(name)?.notes.length === 0);
  return Array.from({ length: count }, () => {
    const name = pick(names);
    const most = trainingContext(catalogue.find(name)!) || 131_072;
    const least = Math.min(1_024, most);
    const ctx = Math.round(least * (most / least) ** random());
    const gpus = readGroups(pick(GPUS));
    const question: Question = {
      ...firstQuestion(),
      model: { from: 'list', name },
      gpus,
      runner: pick(OLLAMA),
      ctx,
      kv: pick(CACHE),
      slots: pick(SLOTS),
    };
    const { runner, kv, slots } = question;
    return {
      question,
      line: {
        model: name,
        options: {
          ctx: String(ctx),
          gpus: textOf(gpus),
          ollama: runner,
          ...(kv === null ? {} : { kv }),
          ...(slots === null ? {} : { parallel: String(slots) }),
        },
      },
    };
  });
}

/** A small generator of numbers in [0, 1) that is the same everywhere (mulberry32). */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}
