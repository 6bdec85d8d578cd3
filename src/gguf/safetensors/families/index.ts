import type { Family } from '../types.ts';
import { gemmaFamilies } from './gemma.ts';
import { latentFamilies } from './latent.ts';
import { llamaFamilies } from './llama.ts';
import { otherFamilies } from './others.ts';
import { qwenFamilies } from './qwen.ts';
import { recurrentFamilies } from './recurrent.ts';

const BY_CLASS: ReadonlyMap<string, Family> = new Map(
  [
    ...llamaFamilies,
    ...qwenFamilies,
    ...gemmaFamilies,
    ...latentFamilies,
    ...recurrentFamilies,
    ...otherFamilies,
  ].flatMap((family) => family.classes.map((name) => [name, family] as const)),
);

/** The rules of a converter class; undefined where they are not known here. */
export function familyOf(converterClass: string): Family | undefined {
  return BY_CLASS.get(converterClass);
}

/** All converter classes whose rules are known. */
export function knownClasses(): readonly string[] {
  return [...BY_CLASS.keys()].sort();
}
