/** A model in a quantization that was asked for: as it is published, where it is, else worked out. */

import { orAborted } from '../../base/wait.ts';
import { quantize } from '../../estimator/model/quantize/quantize.ts';
import { readTarget } from '../../estimator/model/quantize/targets.ts';
import type { FindModelOptions, FoundModel, ModelFinder } from './models.ts';

/** How long a registry may take to say whether it has the quantization, ms. */
const LOOK_MS = 1500;

/** What stands before the quantization in tags of Ollama's library. */
const TAG_WORDS = ['', '-it', '-instruct', '-chat'] as const;

/** The quantization as tags of Ollama's library write it: `q4_K_M`, `fp16`. */
function inTags(target: string): string {
  return /^B?F(?:16|32)$/.test(target) ? target.toLowerCase().replace(/^f/, 'fp') : target.replace(/^Q/, 'q');
}

/** Names under which a registry may have the model in this quantization. */
export function publishedNames(model: string, target: string): readonly string[] {
  const [, name = '', tag] = /^(.*?)(?::([^:/]+))?$/.exec(model.trim()) ?? [];
  if (name.includes('/')) {
    return [`${name}:${target}`];
  }
  return tag === undefined || tag === 'latest' || !/^[\w.-]+$/.test(tag)
    ? []
    : TAG_WORDS.map((word) => `${name}:${tag}${word}-${inTags(target)}`);
}

/**
 * The same model worked out under a target.
 * @throws EstimateError `quantize-…`
 */
export function computedIn(found: FoundModel, target: string): FoundModel {
  const { downloadBytes: _, ...rest } = found;
  const quantized = quantize(found.spec, target);
  const warnings = found.warnings.filter((warning) => !/^(?:builtin|hub)-computed$/.test(warning));
  return {
    ...rest,
    spec: quantized.spec,
    source: 'computed',
    quantization: quantized.target,
    warnings: [...warnings, 'quantization-computed'],
  };
}

/**
 * The model in the quantization that was asked for. A published file's own header wins.
 * @throws EstimateError `quantize-…`
 */
export async function foundIn(
  models: ModelFinder,
  found: FoundModel,
  asked: { readonly model: string; readonly target: string; readonly options: FindModelOptions },
  signal: AbortSignal,
): Promise<FoundModel> {
  const computed = computedIn(found, asked.target);
  if (found.source === 'file') {
    return computed;
  }
  const names = publishedNames(asked.model, readTarget(asked.target).name);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
  const looked = await Promise.all(
    names.map((name) => orAborted(models.find(name, null, limit, asked.options), limit).catch(() => null)),
  );
  signal.throwIfAborted();
  const published = looked.find((one) => one?.source === 'registry' && !one.warnings.includes('hub-computed'));
  return published ?? computed;
}
