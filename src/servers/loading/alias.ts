import { parseModelName } from '../../catalogue/names.ts';
import type { OllamaModel } from '../../ollama/types.ts';
import type { MadeAliasRepository } from '../../store/types.ts';
import { modelKey, sameModel } from '../asking/same-model.ts';
import type { Server } from '../types.ts';
import { Stop } from './types.ts';

/** What a load makes under a second name. */
export interface WantedAlias {
  /** As typed. */
  readonly alias: string;
  /** The model that it stands for, as the server spells it. */
  readonly base: string;
  /** Baked in, tokens. */
  readonly numCtx: number;
  /** A person's id. */
  readonly madeBy: string;
}

/**
 * Whether a name may be given to a copy of a model. A name that the server has already may be replaced only where this
 * program made it and nobody has changed it since: whatever else stands under a name (a team's system prompt, its own
 * parameters) has no copy anywhere. Digests of manifests tell, since they name all of a model's content.
 * Rejects with a Stop `alias-is-model`, `alias-taken`, `alias-changed` or the fault of the name, or with a StoreError.
 */
export async function checkAlias(
  book: MadeAliasRepository,
  server: string,
  { alias, base }: Pick<WantedAlias, 'alias' | 'base'>,
  models: readonly OllamaModel[],
): Promise<void> {
  const parsed = parseModelName(alias);
  if (!parsed.ok) {
    throw new Stop('refused', parsed.code);
  }
  if (sameModel(alias, base)) {
    throw new Stop('refused', 'alias-is-model', { alias });
  }
  const taken = models.find((model) => sameModel(model.name, alias));
  if (taken === undefined) {
    return;
  }
  const made = await book.get(server, modelKey(alias));
  if (made === null) {
    throw new Stop('refused', 'alias-taken', { alias: taken.name });
  }
  if (made.digest !== taken.digest) {
    throw new Stop('refused', 'alias-changed', { alias: taken.name });
  }
}

/**
 * Gives a model a second name with its context baked in, and writes down what was made. The name is looked at once more
 * first: the load took its time, and somebody may have taken the name meanwhile.
 * Rejects as {@link checkAlias}, or with an OllamaError.
 */
export async function makeAlias(
  book: MadeAliasRepository,
  server: Server,
  wanted: WantedAlias,
  signal: AbortSignal,
  nowMs: number,
): Promise<void> {
  await checkAlias(book, server.name, wanted, await server.ollama.tags({ signal }));
  const { alias, base, numCtx, madeBy } = wanted;
  await server.ollama.create(alias, { from: base, parameters: { num_ctx: numCtx } }, { signal });
  const made = (await server.ollama.tags({ signal })).find((model) => sameModel(model.name, alias));
  if (made === undefined) {
    throw new Stop('failed', 'alias-vanished', { alias });
  }
  await book.put({
    server: server.name,
    alias: modelKey(alias),
    digest: made.digest,
    base,
    numCtx,
    madeAtMs: nowMs,
    madeBy,
  });
}
