/** The lines that start what was asked: settings of the server, then the model with its context. */

import type { EstimateRequest, Plan } from '../../src/estimator/index.ts';
import type { ModelChoice } from '../question/question.ts';
import { LLAMA_CPP } from '../question/question.ts';

/** A word of a shell, quoted where it needs it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * What to type in a shell.
 * @param ctx tokens; per slot with Ollama, of all slots with llama.cpp
 */
export function launchLines(
  model: ModelChoice,
  specName: string,
  runner: string,
  request: EstimateRequest,
  plan: Plan,
  ctx: number,
): string {
  const { kvCacheType = 'f16', numParallel, flashAttention } = request;
  if (runner === LLAMA_CPP) {
    const file =
      model.from === 'hub' && !/\/(?:blob|resolve|raw)\//.test(model.name)
        ? ['-hf', specName.replace(/^hf\.co\//, '')]
        : ['-m', `${specName.replace(/[/:]/g, '-')}.gguf`];
    return [
      'llama-server',
      ...file,
      '-c',
      String(ctx),
      ...(numParallel === undefined ? [] : ['-np', String(numParallel)]),
      ...(flashAttention === 'auto' || flashAttention === undefined ? [] : ['-fa', flashAttention ? 'on' : 'off']),
      ...(kvCacheType === 'f16' ? [] : ['-ctk', kvCacheType, '-ctv', kvCacheType]),
    ]
      .map(quoted)
      .join(' ');
  }
  const settings = [
    ...(numParallel === undefined ? [] : [`OLLAMA_NUM_PARALLEL=${numParallel}`]),
    ...(flashAttention === 'auto' || flashAttention === undefined
      ? []
      : [`OLLAMA_FLASH_ATTENTION=${flashAttention ? 1 : 0}`]),
    ...(kvCacheType === 'f16' ? [] : [`OLLAMA_KV_CACHE_TYPE=${kvCacheType}`]),
  ];
  const body = JSON.stringify({ model: model.from === 'list' ? model.name : specName, options: { num_ctx: ctx } });
  const load = `curl http://127.0.0.1:11434/api/generate -d ${quoted(body)}`;
  const server = settings.length === 0 ? [] : [`${settings.join(' ')} ollama serve`];
  const note = plan.verdict === 'refused' ? [] : [load];
  return [...server, ...note].join('\n');
}
