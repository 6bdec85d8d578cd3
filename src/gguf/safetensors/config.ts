import type { Config } from './types.ts';

/** Names under which wrappers keep the language model's own part. */
const TEXT_PARTS = ['text_config', 'llm_config', 'lm_config', 'language_config', 'lfm'] as const;

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** The configuration as the converter sees it: the language model's part laid over the whole. */
export function readConfig(raw: Readonly<Record<string, unknown>>): Config {
  const thinker = asObject(raw.thinker_config);
  const text =
    TEXT_PARTS.map((key) => asObject(raw[key])).find((part) => part !== undefined) ?? asObject(thinker?.text_config);
  const values: Readonly<Record<string, unknown>> = { ...raw, ...text };
  const pick = <T>(keys: readonly string[], is: (value: unknown) => value is T): T | undefined => {
    for (const key of keys) {
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      if (is(value)) {
        return value;
      }
    }
    return undefined;
  };
  return {
    values,
    number: (...keys) =>
      pick(keys, (value): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0),
    string: (...keys) => pick(keys, (value): value is string => typeof value === 'string' && value.length <= 4096),
    boolean: (key) => pick([key], (value): value is boolean => typeof value === 'boolean'),
    list: (key) => pick([key], (value): value is unknown[] => Array.isArray(value) && value.length <= 8192),
    object: (key) => asObject(pick([key], (value): value is object => asObject(value) !== undefined)),
  };
}

/** The converter class: of the language model's part where it names one, else of the whole. */
export function converterClass(raw: Readonly<Record<string, unknown>>): string | undefined {
  const first = (part: Readonly<Record<string, unknown>> | undefined): string | undefined => {
    const [name] = Array.isArray(part?.architectures) ? part.architectures : [];
    return typeof name === 'string' && name.length <= 200 ? name : undefined;
  };
  const whole = first(raw);
  if (whole !== undefined && WHOLE_CLASSES.has(whole)) {
    return whole;
  }
  const part = TEXT_PARTS.map((key) => first(asObject(raw[key]))).find((name) => name !== undefined);
  return part ?? whole;
}

/** Wrappers that llama.cpp converts as themselves though their part names a class. */
const WHOLE_CLASSES: ReadonlySet<string> = new Set([
  'KimiK3ForConditionalGeneration',
  'Exaone4_5_ForConditionalGeneration',
]);

/** Size of one attention head. */
export function headSize(config: Config): number {
  const heads = config.number('num_attention_heads', 'n_head') ?? 0;
  return (
    config.number('head_dim') ?? (heads > 0 ? Math.floor((config.number('hidden_size', 'n_embd') ?? 0) / heads) : 0)
  );
}

/** The parameters of the rotation, global layers' where there are two sets. */
export function ropeParameters(config: Config): Readonly<Record<string, unknown>> {
  const all = config.object('rope_parameters') ?? config.object('rope_scaling') ?? {};
  const full = asObject(all.full_attention);
  return full ?? all;
}

/** Share of a head that rotates; undefined where the configuration does not say. */
export function rotaryShare(config: Config): number | undefined {
  const { partial_rotary_factor: share } = ropeParameters(config);
  return typeof share === 'number' ? share : config.number('partial_rotary_factor', 'rope_pct', 'rope_percent');
}
