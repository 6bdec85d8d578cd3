import { NAME_TABLE, NORM_BEHIND_ATTENTION, SECOND_ATTENTION_NORM } from './name-table.ts';

let table: ReadonlyMap<string, string> | undefined;

function nameTable(): ReadonlyMap<string, string> {
  if (table !== undefined) {
    return table;
  }
  const entries = new Map<string, string>();
  const whole = (text: string): string => text.replace(/^~/, 'model.layers.{L}.').replace(/^%/, 'blk.{L}.');
  for (const line of NAME_TABLE.trim().split('\n')) {
    const [gguf, sources] = line.split(' < ');
    for (const source of sources!.split(' ')) {
      entries.set(whole(source), whole(gguf!));
    }
    // A name that is GGUF's own already stands for itself.
    entries.set(whole(gguf!), whole(gguf!));
  }
  for (const name of ['token_embd', 'output', 'output_norm', 'rope_freqs']) {
    entries.set(name, name);
  }
  table = entries;
  return table;
}

/** The first number among a name's parts is its layer, as the converter reads it. */
export function layerOf(name: string): number | undefined {
  const part = name.split('.').find((one) => /^\d{1,6}$/.test(one));
  return part === undefined ? undefined : Number(part);
}

/**
 * The GGUF name of a checkpoint's tensor (`model.layers.3.self_attn.q_proj.weight` → `blk.3.attn_q.weight`); undefined
 * where llama.cpp's converter has none.
 */
export function ggufName(name: string, architecture: string): string | undefined {
  const suffix = /\.(?:weight|bias)$/.exec(name)?.[0] ?? '';
  const base = name.slice(0, name.length - suffix.length);
  const parts = base.split('.');
  const at = parts.findIndex((part) => /^\d{1,6}$/.test(part));
  const layer = at < 0 ? '' : parts[at]!;
  if (at >= 0) {
    parts[at] = '{L}';
  }
  const pattern = parts.join('.');
  // A few names are known with their suffix, and lose it.
  const whole = wholeName(`${pattern}${suffix}`, architecture);
  if (whole !== undefined) {
    return whole.replace('{L}', layer);
  }
  const mapped = exceptionFor(pattern, architecture) ?? nameTable().get(pattern) ?? nameTable().get(base);
  return mapped === undefined ? undefined : `${mapped.replace('{L}', layer)}${suffix}`;
}

function wholeName(pattern: string, architecture: string): string | undefined {
  if (pattern === 'model.layers.{L}.pre_ff_layernorm.weight' && architecture === 'falcon-h1') {
    return 'blk.{L}.ffn_norm';
  }
  return pattern.endsWith('.weight') ? nameTable().get(pattern) : undefined;
}

/** The few names that mean something else in some architectures. */
function exceptionFor(pattern: string, architecture: string): string | undefined {
  if (/(?:^|\.)layers\.\{L\}\.post_attention_layernorm$/.test(pattern)) {
    if (NORM_BEHIND_ATTENTION.has(architecture)) {
      return 'blk.{L}.post_attention_norm';
    }
    return SECOND_ATTENTION_NORM.has(architecture) ? 'blk.{L}.attn_norm_2' : undefined;
  }
  if (pattern === 'transformer.norm' && (architecture === 'lfm2' || architecture === 'lfm2moe')) {
    return 'token_embd_norm';
  }
  return undefined;
}
