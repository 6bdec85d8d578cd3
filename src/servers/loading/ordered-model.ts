import { isCloudName, parseModelName } from '../../catalogue/names.ts';
import type { OllamaModel } from '../../ollama/types.ts';
import type { MadeAliasRepository } from '../../store/types.ts';
import { sameModel } from '../asking/same-model.ts';
import type { Server } from '../types.ts';
import { checkAlias } from './alias.ts';
import { type LoadOrder, Stop } from './types.ts';

/**
 * The model that an order means, with the server's own spelling of its name, and an alias that may be made.
 * Rejects with a Stop (a name that is none, a cloud model, not pulled, an alias that is taken), an OllamaError or a
 * StoreError.
 */
export async function findOrdered(
  server: Server,
  order: LoadOrder,
  aliases: MadeAliasRepository,
  signal: AbortSignal,
): Promise<OllamaModel> {
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
  if (order.alias !== undefined) {
    await checkAlias(aliases, server.name, { alias: order.alias, base: entry.name }, models);
  }
  return entry;
}
