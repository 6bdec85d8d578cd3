/** The changes that several families share: safetensors shapes run from the slowest dimension to the fastest. */

import { headSize, ropeParameters } from '../config.ts';
import type { Conversion, Piece } from '../types.ts';

/** The name with `from` in the place of `to`. */
export function renamed(piece: Piece, from: string | RegExp, to: string): Piece {
  return { ...piece, name: piece.name.replace(from, to) };
}

/** A fused gate-and-up tensor of experts, its halves one behind the other: [experts, 2 × width, input]. */
export function splitHalves(piece: Piece, names: readonly [gate: string, up: string], final = false): readonly Piece[] {
  const shape = [...piece.shape];
  const at = shape.length - 2;
  shape[at] = Math.floor(shape[at]! / 2);
  return names.map((name) => ({ name, shape, ...(final ? { final } : {}) }));
}

/** The same turned around: [experts, input, 2 × width]. */
export function splitTransposed(piece: Piece, names: readonly [gate: string, up: string]): readonly Piece[] {
  const [experts, input, width] = piece.shape as [number, number, number];
  return names.map((name) => ({ name, shape: [experts, Math.floor(width / 2), input] }));
}

/** Last two dimensions changed over. */
export function transposed(piece: Piece, name: string): Piece {
  const shape = [...piece.shape];
  const last = shape.length - 1;
  [shape[last - 1], shape[last]] = [shape[last]!, shape[last - 1]!];
  return { ...piece, name, shape };
}

/** All dimensions of one element gone. */
export function squeezed(piece: Piece): Piece {
  return { ...piece, shape: piece.shape.filter((n) => n !== 1) };
}

/** Frequencies of the rotation where Llama 3's scaling asks for a factor each. */
export function llama3Frequencies({ config }: Conversion): readonly Piece[] {
  const rope = ropeParameters(config);
  const type = String(rope.rope_type ?? rope.type ?? '').toLowerCase();
  return type === 'llama3'
    ? [{ name: 'rope_freqs.weight', shape: [Math.floor(headSize(config) / 2)], final: true }]
    : [];
}

/** Whether a name is a layer beyond the model's own: multi-token prediction. */
export function isBeyond(name: string, layers: number): boolean {
  const match = /^model\.layers\.(\d{1,6})\./.exec(name);
  return match !== null && Number(match[1]) >= layers;
}

/** Mamba 2's tensors: the convolution without its middle dimension, A and D as columns, the norm by groups. */
export function mamba2Piece(piece: Piece, groups: number): Piece | undefined {
  if (/\.conv1d\.weight$/.test(piece.name)) {
    return squeezed(piece);
  }
  if (/\.(?:A_log|D)$/.test(piece.name)) {
    return { ...piece, shape: [...squeezed(piece).shape, 1] };
  }
  if (/\.(?:mixer|mamba)\.norm\.weight$/.test(piece.name)) {
    const inner = piece.shape.reduce((product, n) => product * n, 1);
    return { ...piece, shape: [groups, Math.floor(inner / groups)] };
  }
  return undefined;
}

/** `….dt_bias` as the name table knows it. */
export function dtBias(name: string): string {
  return name.replace(/\.dt_bias$/, '.dt_proj.bias');
}
