import type { Config, SourceTensor } from '../../src/gguf/safetensors/types.ts';

/** Writes tensors under a prefix. */
export class HeaderWriter {
  readonly tensors: SourceTensor[] = [];

  add(name: string, shape: readonly number[], dtype = 'BF16'): void {
    this.tensors.push({ name, shape, dtype });
  }

  /** A matrix [rows, columns], with a bias where asked for. */
  linear(name: string, rows: number, columns: number, bias = false): void {
    this.add(`${name}.weight`, [rows, columns]);
    if (bias) {
      this.add(`${name}.bias`, [rows]);
    }
  }

  norm(name: string, width: number, bias = false): void {
    this.add(`${name}.weight`, [width]);
    if (bias) {
      this.add(`${name}.bias`, [width]);
    }
  }
}

/** What the parts of a layer ask for. */
export interface Layer {
  readonly writer: HeaderWriter;
  readonly config: Config;
  /** `model.layers.3.` */
  readonly at: string;
  readonly index: number;
  readonly width: number;
}

/** A gated network: gate, up and down. */
export function gated(writer: HeaderWriter, prefix: string, inner: number, width: number, bias = false): void {
  writer.linear(`${prefix}gate_proj`, inner, width, bias);
  writer.linear(`${prefix}up_proj`, inner, width, bias);
  writer.linear(`${prefix}down_proj`, width, inner, bias);
}

/** A hyper-parameter that the shapes hang on. @throws Error where it is missing */
export function need(config: Config, key: string): number {
  const value = config.number(key);
  if (value === undefined) {
    throw new Error(`the configuration has no ${key}`);
  }
  return value;
}
