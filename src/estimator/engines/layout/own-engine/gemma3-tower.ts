/**
 * The vision tower of gemma3 as Ollama's own engine runs it: SigLIP's blocks over all patches at once, then the patches
 * pooled to as many tokens as the text gets.
 *
 * Sources: model/models/gemma3/model_vision.go and model.go (MultiModalProjector), ml/nn/convolution.go, Ollama 0.6.0 to
 * 0.24.0.
 */

import type { GraphBuilder } from '../../../llama-cpp/graph/builder.ts';
import type { Tensor } from '../../../llama-cpp/graph/graph.ts';
import { OP_OTHER } from '../../../llama-cpp/graph/ops.ts';
import { F16, F32, I32 } from '../../../model/tensors.ts';
import { inputTensor, type OwnInputs, type OwnTraits, ownAttention } from './attention.ts';

/** Hyper-parameters of the tower. */
export interface SiglipTower {
  readonly width: number;
  readonly feedForward: number;
  readonly heads: number;
  /** Side of an image and of a patch, pixels. */
  readonly imageSize: number;
  readonly patchSize: number;
  readonly channels: number;
  /** Tokens that the text gets of an image. */
  readonly tokens: number;
}

/** Blocks that are built: all are alike, and the buffer of a few is that of all. */
const BUILT_BLOCKS = 4;

/** Builds the graph of one image. The tower's tensors stand where the output layer is. */
export function buildGemma3Tower(b: GraphBuilder, traits: OwnTraits, tower: SiglipTower): void {
  const g = b.graph;
  const { width, patchSize, channels, imageSize } = tower;
  const side = Math.floor(imageSize / patchSize);
  const patches = side * side;
  const device = b.deviceOf(b.hp.layersAll);
  const weight = (type: number, n0: number, n1 = 1): Tensor => g.stored(type, n0, n1, 1, 1, device, true);
  const vector = (): Tensor => weight(F32, width);
  const linear = (x: Tensor, from: number, to: number): Tensor =>
    g.add(g.mulMat(weight(F16, from, to), x), weight(F32, to));
  const norm = (x: Tensor): Tensor => g.add(g.mul(g.layerNorm(x), vector()), vector());

  const pixels = inputTensor(b, F32, imageSize * imageSize * channels);
  // im2col: every patch as a row, in half precision like the kernel.
  const rows = g.custom(OP_OTHER, F16, [patchSize * patchSize * channels, side, side, 1], [pixels]);
  const kernel = weight(F16, patchSize * patchSize * channels, width);
  const convolved = g.mulMat(g.reshape(rows, g.size(rows, 0), patches), kernel);
  const planes = g.cont(g.permute(g.reshape(convolved, side, side, 1, width), 0, 1, 3, 2));
  let x = g.cont(g.permute(g.reshape(planes, patches, width), 1, 0, 2, 3));
  x = g.add(x, g.getRows(weight(F16, width, patches), inputTensor(b, I32, patches)));

  const inputs: OwnInputs = { b, traits, positions: pixels, outputIds: pixels, full: undefined, window: undefined };
  const head = width / tower.heads;
  for (let block = 0; block < BUILT_BLOCKS; block++) {
    const normed = norm(x);
    const part = (): Tensor => g.reshape(linear(normed, width, width), head, tower.heads, patches);
    const [q, k, v] = [part(), part(), part()];
    const attended = ownAttention(inputs, 0, q, k, v);
    x = g.add(linear(g.reshape(attended, width, patches), width, width), x);
    const hidden = g.scaleInplace(linear(norm(x), width, tower.feedForward));
    x = g.add(linear(hidden, tower.feedForward, width), x);
  }
  x = norm(x);

  const pooledSide = Math.floor(Math.sqrt(tower.tokens));
  const grid = g.reshape(g.cont(g.permute(x, 1, 0, 2, 3)), side, side, width);
  const averaged = g.custom(OP_OTHER, F32, [pooledSide, pooledSide, width, 1], [grid]);
  const columns = g.reshape(averaged, pooledSide * pooledSide, width);
  const tokens = g.mul(g.rmsNorm(g.cont(g.permute(columns, 1, 0, 2, 3))), vector());
  const projection = g.cont(g.permute(weight(F16, b.hp.embedding, width), 1, 0, 2, 3));
  b.logits = g.mulMat(projection, tokens);
  g.expand(b.logits);
}
