import type { KeptModel } from '../../src/schedule/sets/book.ts';
import type { SetMember } from '../../src/servers/loading/safe-set.ts';
import type { SetAnswerOf } from './answer.ts';
import type { WrittenModel } from './parse.ts';

/** A context that was not pinned may be shorter by this share, so that a load keeps its safety margin. */
const LEAST_SHARE = 0.85;

/** A set as somebody would type it. */
export function writeSet(
  models: readonly { readonly name: string; readonly numCtx?: number | null | undefined; readonly pinned: boolean }[],
): string {
  return models
    .map(({ name, numCtx, pinned }) => `${name}${numCtx == null ? '' : `@${numCtx}`}${pinned ? '!' : ''}`)
    .join(' ');
}

export function toKept(models: readonly WrittenModel[]): readonly KeptModel[] {
  return models.map(({ name, numCtx, pinned }) => ({ name, numCtx: numCtx ?? null, pinned }));
}

export function fromKept(models: readonly KeptModel[]): readonly WrittenModel[] {
  return models.map(({ name, numCtx, pinned }) => ({ name, pinned, ...(numCtx === null ? {} : { numCtx }) }));
}

/** The loads of a set in their order, with the contexts that make all of them fit; `null` where none do. */
export function membersOf({ models, fitted, written }: SetAnswerOf): readonly SetMember[] | null {
  const { contexts } = fitted;
  if (contexts === null) {
    return null;
  }
  return models.map(({ spec, pinned, name = spec.name }, index): SetMember => {
    const numCtx = contexts[index]!;
    return {
      model: written.get(name) ?? name,
      numCtx,
      leastCtx: pinned === true ? numCtx : Math.floor(numCtx * LEAST_SHARE),
    };
  });
}
