import type { MetadataValue } from '../../estimator/types.ts';

/** A tensor of a checkpoint, as a safetensors header has it: the shape from the slowest dimension to the fastest. */
export interface SourceTensor {
  readonly name: string;
  /** `BF16`, `F16`, `F32`, `F8_E4M3`, `U8`, `I32`, … */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** A tensor on its way into a GGUF file. */
export interface Piece {
  readonly name: string;
  /** From the slowest dimension to the fastest. */
  readonly shape: readonly number[];
  /** The name is GGUF's already. */
  readonly final?: boolean;
  /** A type that is no choice of the converter's: repacked blocks. */
  readonly type?: string;
}

/** What the rules of one family see. */
export interface Conversion {
  readonly config: Config;
  readonly architecture: string;
  /** Layers of the model, those for multi-token prediction included where they are kept. */
  readonly blocks: number;
  /** Names of the checkpoint's tensors. */
  has(part: string): boolean;
}

/** Reads a `config.json` whose text part has been laid over it. */
export interface Config {
  readonly values: Readonly<Record<string, unknown>>;
  /** The first of these keys that is a number. */
  number(...keys: string[]): number | undefined;
  string(...keys: string[]): string | undefined;
  boolean(key: string): boolean | undefined;
  list(key: string): readonly unknown[] | undefined;
  object(key: string): Readonly<Record<string, unknown>> | undefined;
}

export type Metadata = Record<string, MetadataValue>;

/** How one family of converter classes differs from what all share. */
export interface Family {
  /** Names under `architectures` in config.json. */
  readonly classes: readonly string[];
  /** GGUF's architecture. */
  readonly architecture: string | ((config: Config) => string);
  /** The name under which a tensor is looked up; null = it is left out. */
  readonly rename?: (name: string, conversion: Conversion) => string | null;
  /** What becomes of one tensor; undefined = it stays as it is. */
  readonly reshape?: (piece: Piece, conversion: Conversion) => readonly Piece[] | undefined;
  /** Tensors that no checkpoint has. */
  readonly invented?: (conversion: Conversion) => readonly Piece[];
  /** Layers beyond `num_hidden_layers` that are kept. */
  readonly extraBlocks?: (config: Config, has: (part: string) => boolean) => number;
  /** Keys beyond the common ones, without the architecture's prefix; undefined values are left out. */
  readonly metadata?: (conversion: Conversion) => Readonly<Record<string, MetadataValue | undefined>>;
}
