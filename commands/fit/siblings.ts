import type { EstimateServer, ModelSpec } from '../../src/estimator/types.ts';
import { sameModel } from '../../src/servers/asking/same-model.ts';
import type { Estimator } from '../../src/workers/estimates.ts';
import type { Services } from '../services.ts';
import type { FitQuestion } from './question.ts';

/** Quantizations of one model that are looked at: more are rarely kept, and each costs a look at the server. */
const MAX_SIBLINGS = 4;

/**
 * The best quantization of the same model that the server has on its disk and that fits as asked; `null` where there is
 * none. The same model: the same family and number of parameters, in a smaller file.
 */
export async function fittingSibling(
  services: Services,
  estimator: Estimator,
  question: FitQuestion,
  estimate: EstimateServer,
  signal: AbortSignal,
): Promise<string | null> {
  const { server, found, snapshot } = question;
  if (server === null || snapshot?.ollama.state !== 'up') {
    return null;
  }
  const models = await server.ollama.tags({ signal });
  const asked = models.find((model) => sameModel(model.name, found.spec.name));
  if (asked === undefined) {
    return null;
  }
  const siblings = models
    .filter(
      (model) =>
        model.details.family === asked.details.family &&
        model.details.parameterSize === asked.details.parameterSize &&
        model.details.quantization !== asked.details.quantization &&
        model.sizeBytes < asked.sizeBytes,
    )
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_SIBLINGS);
  const specs: ModelSpec[] = [];
  for (const model of siblings) {
    specs.push((await services.models.find(model.name, server, signal)).spec);
  }
  const best = await estimator.bestQuantization(specs, estimate, question.request);
  return best === undefined ? null : (specs[best.index]?.name ?? null);
}
