/** The architectures whose graphs are described. */

import type { Architecture } from '../architecture.ts';
import { llama } from './llama.ts';

const ARCHITECTURES: readonly Architecture[] = [llama];

const BY_NAME: ReadonlyMap<string, Architecture> = new Map(
  ARCHITECTURES.flatMap((architecture) => architecture.names.map((name) => [name, architecture] as const)),
);

/** The description of `general.architecture`, undefined if there is none. */
export function findArchitecture(name: string): Architecture | undefined {
  return BY_NAME.get(name);
}
