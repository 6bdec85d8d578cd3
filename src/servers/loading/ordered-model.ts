import { isCloudName, parseModelName } from '../../catalogue/names.ts';
import type { OllamaModel } from '../../ollama/types.ts';
import { sameModel } from '../asking/same-model.ts';
import type { Server } from '../types.ts';
import { type LoadOrder, Stop } from './types.ts';

/**
 * The model that an order means, with the server's own spelling of its name, and an alias that is free.
 * Rejects with a Stop (a name that is none, a cloud model, not pulled, an alias that is taken) or an OllamaError.
 */
export async function findOrdered(server: Server, order: LoadOrder, signal: AbortSignal): Promise<OllamaModel> {
  const parsed = parseModelName(order.model);
  if (!parsed.ok) {
    throw new Stop('refused', parsed.code);
  }
  if (isCloudName(parsed.name)) {
    throw new Stop('refused', 'load-cloud', { model: order.model });
  }
  const models = await server.ollama.tags({ signal });
  const entry = models.find((model) => sameModel(model.name, order.model));
  if (entry === undefined) {
    throw new Stop('refused', 'model-not-pulled', { model: order.model, server: server.name });
  }
  if (entry.isCloud) {
    throw new Stop('refused', 'load-cloud', { model: entry.name });
  }
  checkAlias(order.alias, entry, models);
  return entry;
}

/** An alias may replace what was made from this very model, nothing else. */
function checkAlias(alias: string | undefined, entry: OllamaModel, models: readonly OllamaModel[]): void {
  if (alias === undefined) {
    return;
  }
  const parsed = parseModelName(alias);
  if (!parsed.ok) {
    throw new Stop('refused', parsed.code);
  }
  const taken = models.find((model) => sameModel(model.name, alias));
  if (sameModel(alias, entry.name) || (taken !== undefined && !sameModel(taken.details.parentModel, entry.name))) {
    throw new Stop('refused', 'alias-taken', { alias });
  }
}
