import { z } from 'zod';

/** What `/api/show` tells of a model even where it lists no tensors. */
export interface ShownIdentity {
  readonly architecture: string;
  /** `general.parameter_count`; `null`: not told. */
  readonly parameterCount: number | null;
  /** `general.file_type`; `null`: not told. */
  readonly fileType: number | null;
  /** What it was made from: a name, a path, or empty. */
  readonly parentModel: string;
  /** `num_ctx` among its own parameters. */
  readonly ownNumCtx?: number | undefined;
}

const info = z.record(z.string(), z.unknown());
/** Ollama's own spelling, or the client's. */
const shownIdentity = z.object({
  model_info: info.nullish(),
  modelInfo: info.nullish(),
  details: z
    .object({ parent_model: z.string().max(4096).nullish(), parentModel: z.string().max(4096).nullish() })
    .nullish(),
  parameters: z.union([z.string(), z.record(z.string(), z.array(z.string()))]).nullish(),
});

/** Reads what a model is from an answer of `/api/show`; `null` where that says nothing of it. */
export function identityOfShow(answer: unknown): ShownIdentity | null {
  const parsed = shownIdentity.safeParse(answer);
  if (!parsed.success) {
    return null;
  }
  const { model_info: raw, modelInfo, details, parameters } = parsed.data;
  const metadata = raw ?? modelInfo ?? {};
  const architecture = metadata['general.architecture'];
  if (typeof architecture !== 'string') {
    return null;
  }
  const number = (key: string) => {
    const value = metadata[key];
    return typeof value === 'number' ? value : null;
  };
  return {
    architecture,
    parameterCount: number('general.parameter_count'),
    fileType: number('general.file_type'),
    parentModel: details?.parent_model ?? details?.parentModel ?? '',
    ownNumCtx: contextParameter(parameters ?? ''),
  };
}

/** `num_ctx` among a model's own parameters. */
export function contextParameter(parameters: string | Readonly<Record<string, readonly string[]>>): number | undefined {
  const value =
    typeof parameters === 'string' ? /^num_ctx\s+(\d{1,9})\s*$/m.exec(parameters)?.[1] : parameters.num_ctx?.[0];
  return value === undefined || !/^[1-9]\d{0,8}$/.test(value) ? undefined : Number(value);
}
