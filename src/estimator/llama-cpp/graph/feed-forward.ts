/**
 * Dense and expert feed-forward networks.
 *
 * Source: llama-graph.cpp (`build_ffn`, `build_moe_ffn`), llama.cpp.
 */

import { F32, I32 } from '../../model/tensors.ts';
import type { Activation, GraphBuilder } from './builder.ts';
import type { Tensor } from './graph.ts';
import { NO_TENSOR } from './graph.ts';
import { OP_SQRT } from './ops.ts';

/** Names of the matrices of a dense feed-forward network. */
export interface FeedForwardNames {
  readonly up: string;
  readonly gate: string;
  readonly down: string;
}

const DENSE: FeedForwardNames = { up: 'ffn_up', gate: 'ffn_gate', down: 'ffn_down' };
/** The shared expert's matrices. */
export const SHARED_EXPERT: FeedForwardNames = { up: 'ffn_up_shexp', gate: 'ffn_gate_shexp', down: 'ffn_down_shexp' };

/** Which optional tensors llama.cpp hands to `build_ffn` for this architecture. Default: whatever the model has. */
export interface FeedForwardOptions {
  readonly activation?: Activation;
  readonly names?: FeedForwardNames;
  /** The up matrix holds gate and up side by side. */
  readonly fusedGate?: boolean;
  /** False where the architecture ignores biases. */
  readonly biases?: boolean;
  /** False where llama.cpp does not hand the scales of the matrices on. */
  readonly scales?: boolean;
}

/** llama.cpp takes limits up to this for none. */
const NO_LIMIT = 1e-6;

/** Gated activation with both halves clamped (`swiglu_clamp_exp`, `swiglu_clamp_shexp`); some clamp before the activation. */
function limitedGate(b: GraphBuilder, gate: Tensor, up: Tensor): Tensor {
  const g = b.graph;
  return b.model.traits.clampsGateFirst === true
    ? g.gluSplit(g.clamp(gate), g.clamp(up))
    : g.mul(g.clamp(g.unary(gate)), g.clamp(up));
}

/** Whether the layer's gated activation is clamped. */
export function isLimited(limits: readonly number[] | undefined, layer: number): boolean {
  return (limits?.[layer] ?? 0) > NO_LIMIT;
}

/** up, gate, activation, down; gate in parallel where the model has one. */
export function feedForward(b: GraphBuilder, layer: number, x: Tensor, options: FeedForwardOptions = {}): Tensor {
  const g = b.graph;
  const names = options.names ?? DENSE;
  const activation = options.activation ?? 'silu';
  const bias = (name: string, t: Tensor) => (options.biases === false ? t : b.addBias(layer, name, t));
  const up = bias(names.up, b.matMul(layer, names.up, x, options.scales));
  let current: Tensor;
  if (b.has(layer, names.gate)) {
    current = bias(names.gate, b.matMul(layer, names.gate, x, options.scales));
    if (activation === 'relu-sqr') {
      current = g.mul(g.sqr(g.unary(current)), up);
    } else if (activation === 'silu' && isLimited(b.hp.limitsShared, layer)) {
      current = limitedGate(b, current, up);
    } else {
      current = g.gluSplit(current, up);
    }
  } else if (options.fusedGate === true) {
    current = g.glu(up);
  } else {
    current = g.unary(up);
    if (activation === 'relu-sqr') {
      current = g.sqr(current);
    }
    const scales = b.weight(layer, 'ffn.act');
    if (scales !== NO_TENSOR) {
      current = g.div(current, scales);
    }
  }
  return bias(names.down, b.matMul(layer, names.down, current, options.scales));
}

/**
 * Dense where the layer has no router, else experts as the model's keys say, and the shared one beside them where the
 * layer has one.
 */
export function denseOrExperts(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  options: Partial<ExpertOptions> = {},
): Tensor {
  const shared: Pick<FeedForwardOptions, 'scales'> = options.scales === undefined ? {} : { scales: options.scales };
  if (!b.has(layer, 'ffn_gate_inp')) {
    return feedForward(b, layer, x, shared);
  }
  const { hp } = b;
  const routed = experts(b, layer, x, {
    normalize: hp.expertWeightsNorm,
    scale: hp.expertWeightsScale,
    gating: hp.expertGating,
    ...options,
  });
  return b.has(layer, 'ffn_up_shexp')
    ? b.graph.add(routed, feedForward(b, layer, x, { ...shared, names: SHARED_EXPERT }))
    : routed;
}

export interface ExpertOptions {
  readonly activation?: Activation;
  /** Weights of the chosen experts are normalized to sum 1. */
  readonly normalize: boolean;
  /** Factor on the weights; 0 and 1 = none. */
  readonly scale?: number;
  /** llama.cpp's number: 1 softmax, 2 sigmoid, 3 softmax of the chosen. */
  readonly gating: number;
  /** Router logits computed elsewhere. */
  readonly logits?: Tensor;
  /** Numbers of the experts, chosen elsewhere. */
  readonly chosen?: Tensor;
  readonly experts?: number;
  readonly expertsUsed?: number;
  /** Weights are applied before the experts (llama 4). */
  readonly weightFirst?: boolean;
  /** The choice is made on the logits themselves (llama 4). */
  readonly chooseByLogits?: boolean;
  /** The choice is made on the logits' sigmoid, whatever the weights are made of (GroveMoE). */
  readonly chooseBySigmoid?: boolean;
  /** The choice is mapped to groups of experts (GroveMoE). */
  readonly mapsChoice?: boolean;
  /** The bias tensors of the experts are added (gpt-oss). */
  readonly biases?: boolean;
  /** False where llama.cpp does not hand the scales of the experts' matrices on. */
  readonly scales?: boolean;
  /** Names of the tensors where they are not the usual ones. */
  readonly names?: {
    readonly router?: string;
    readonly up?: string;
    readonly gate?: string;
    readonly down?: string;
    readonly gateUp?: string;
    readonly choiceBias?: string;
  };
}

/** Router, choice of experts, their feed-forward networks, the weighted sum (`build_moe_ffn`). */
export function experts(b: GraphBuilder, layer: number, x: Tensor, options: ExpertOptions): Tensor {
  const g = b.graph;
  const { hp } = b;
  const names = options.names ?? {};
  const count = options.experts ?? hp.experts;
  const used = options.expertsUsed ?? hp.expertsUsed;
  const width = g.size(x, 0);
  const tokens = g.size(x, 1);
  const biases = options.biases === true;

  let logits = options.logits ?? b.matMul(layer, names.router ?? 'ffn_gate_inp', x);
  if (biases) {
    logits = b.addBias(layer, names.router ?? 'ffn_gate_inp', logits);
  }
  let probabilities = logits;
  if (options.gating === 1) {
    probabilities = g.softMax(logits);
  } else if (options.gating === 2) {
    probabilities = g.unary(logits);
  } else if (options.gating === 4) {
    probabilities = g.elementwise(OP_SQRT, g.unary(logits));
  }
  let choice = probabilities;
  const biasName = names.choiceBias ?? 'exp_probs_b';
  // Hunyuan 3 names it without the suffix.
  const choiceBias = b.bias(layer, biasName) === NO_TENSOR ? b.weight(layer, biasName) : b.bias(layer, biasName);
  if (choiceBias !== NO_TENSOR) {
    choice = g.add(probabilities, choiceBias);
  }
  if (options.chooseByLogits === true) {
    choice = logits;
  }
  if (options.chooseBySigmoid === true) {
    choice = g.unary(logits);
  }
  if (hp.expertGroups > 1 && tokens > 0) {
    choice = chooseGroups(b, choice, count, tokens);
  }
  let chosen = options.chosen ?? g.argsortTopK(choice, used);
  if (options.mapsChoice === true) {
    chosen = g.cast(g.scale(g.cast(chosen, F32)), I32);
  }
  let weights = g.getRows(g.reshape(probabilities, 1, count, tokens), chosen);
  if (options.gating === 3) {
    weights = g.reshape(g.softMax(g.reshape(weights, used, tokens)), 1, used, tokens);
  }
  if (options.normalize) {
    weights = g.reshape(weights, used, tokens);
    weights = g.div(weights, g.clamp(g.sumRows(weights)));
    weights = g.reshape(weights, 1, used, tokens);
  }
  const scale = options.scale ?? 0;
  if (scale !== 0 && scale !== 1) {
    weights = g.scale(weights);
  }
  g.expand(weights);

  let current = g.reshape(x, width, 1, tokens);
  if (options.weightFirst === true) {
    current = g.mul(g.repeat(current, width, used, tokens), weights);
  }
  const hidden = expertHidden(b, layer, current, chosen, options);
  let result = expertMatMul(b, layer, names.down ?? 'ffn_down_exps', hidden, chosen, options.scales);
  if (biases) {
    result = addExpertBias(b, layer, names.down ?? 'ffn_down_exps', result, chosen);
  }
  if (options.weightFirst !== true) {
    result = g.mul(result, weights);
  }
  g.expand(result);
  return sumExperts(b, result, width, tokens, options.expertsUsed ?? hp.expertsUsed);
}

/** Only the best groups of experts stay eligible (DeepSeek V3). */
function chooseGroups(b: GraphBuilder, probabilities: Tensor, count: number, tokens: number): Tensor {
  const g = b.graph;
  const groups = b.hp.expertGroups;
  const perGroup = Math.floor(count / groups);
  const grouped = g.reshape(probabilities, perGroup, groups, tokens);
  const best = g.argsortTopK(grouped, 2);
  let scores = g.getRows(g.reshape(grouped, 1, perGroup, groups, tokens), best);
  scores = g.sumRows(g.reshape(scores, 2, groups, tokens));
  scores = g.reshape(scores, groups, tokens);
  const chosenGroups = g.argsortTopK(scores, b.hp.expertGroupsUsed);
  const kept = g.getRows(grouped, chosenGroups);
  return g.reshape(g.setRows(g.fill(grouped), kept, chosenGroups), count, tokens);
}

function expertMatMul(
  b: GraphBuilder,
  layer: number,
  name: string,
  x: Tensor,
  chosen: Tensor,
  scales: boolean | undefined,
): Tensor {
  const g = b.graph;
  const product = g.mulMatId(b.weight(layer, name), x, chosen);
  const scale = scales === false ? NO_TENSOR : b.expertScale(layer, name);
  if (scale === NO_TENSOR) {
    return product;
  }
  const count = g.size(scale, 0);
  const tokens = g.size(x, 2);
  return g.mul(product, g.getRows(g.repeat(g.reshape(scale, 1, count, 1), 1, count, tokens), chosen));
}

function addExpertBias(b: GraphBuilder, layer: number, name: string, x: Tensor, chosen: Tensor): Tensor {
  const bias = b.bias(layer, name);
  return bias === NO_TENSOR ? x : b.graph.addId(x, bias, chosen);
}

function expertHidden(b: GraphBuilder, layer: number, x: Tensor, chosen: Tensor, options: ExpertOptions): Tensor {
  const g = b.graph;
  const names = options.names ?? {};
  const biases = options.biases === true;
  const activation = options.activation ?? 'silu';
  const gateUpName = names.gateUp ?? 'ffn_gate_up_exps';
  if (b.has(layer, gateUpName)) {
    let both = expertMatMul(b, layer, gateUpName, x, chosen, options.scales);
    if (biases) {
      both = addExpertBias(b, layer, gateUpName, both, chosen);
    }
    const half = g.size(both, 0) / 2;
    const n1 = g.size(both, 1);
    const n2 = g.size(both, 2);
    const gate = g.view(both, half, n1, n2, 1, g.stride(both, 1), g.stride(both, 2));
    const up = g.view(both, half, n1, n2, 1, g.stride(both, 1), g.stride(both, 2));
    return g.gluSplit(gate, up);
  }
  const upName = names.up ?? 'ffn_up_exps';
  const gateName = names.gate ?? 'ffn_gate_exps';
  let up = expertMatMul(b, layer, upName, x, chosen, options.scales);
  if (biases) {
    up = addExpertBias(b, layer, upName, up, chosen);
  }
  if (b.has(layer, gateName)) {
    let gate = expertMatMul(b, layer, gateName, x, chosen, options.scales);
    if (biases) {
      gate = addExpertBias(b, layer, gateName, gate, chosen);
    }
    const limited = activation === 'silu' && isLimited(b.hp.limitsExperts, layer);
    return limited ? limitedGate(b, gate, up) : g.gluSplit(gate, up);
  }
  const active = g.unary(up);
  return activation === 'relu-sqr' ? g.sqr(active) : active;
}

/** Adds up the chosen experts' results, one view each. */
function sumExperts(b: GraphBuilder, results: Tensor, width: number, tokens: number, used: number): Tensor {
  const g = b.graph;
  const views: Tensor[] = [];
  for (let i = 0; i < used; i++) {
    views.push(g.expand(g.view(results, width, tokens, 1, 1, g.stride(results, 2))));
  }
  let sum = views[0]!;
  for (let i = 1; i < used; i++) {
    sum = g.expand(g.add(sum, views[i]!));
  }
  return used === 1 ? g.cont(sum) : sum;
}
