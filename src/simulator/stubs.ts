/** Models without weights on this machine: cloud stubs, and safetensors that MLX runs. */

import { stableHex } from './random.ts';

/** An entry that /api/tags lists but no GPU here can run. */
export interface SimulatedStub {
  /** As Ollama shows it, such as `gpt-oss:120b-cloud`. */
  readonly name: string;
  readonly kind: 'cloud' | 'mlx';
  /** Size on disk; a cloud stub's is some hundred bytes. */
  readonly sizeBytes: number;
}

const REMOTE_HOST = 'https://ollama.com:443';

function remote({ name, kind }: SimulatedStub) {
  if (kind !== 'cloud') {
    return {};
  }
  return { remote_model: name.replace(/[:-]cloud$/, ''), remote_host: REMOTE_HOST };
}

function details({ kind }: SimulatedStub) {
  const format = kind === 'mlx' ? 'safetensors' : '';
  return { parent_model: '', format, family: '', families: null, parameter_size: '', quantization_level: '' };
}

export function stubTag(stub: SimulatedStub, nowMs: number) {
  return {
    name: stub.name,
    model: stub.name,
    ...remote(stub),
    modified_at: new Date(nowMs).toISOString(),
    size: stub.sizeBytes,
    digest: stableHex(0, stub.name),
    details: details(stub),
  };
}

export function stubShow(stub: SimulatedStub, nowMs: number) {
  return {
    details: details(stub),
    ...remote(stub),
    model_info: {},
    capabilities: ['completion'],
    modified_at: new Date(nowMs).toISOString(),
  };
}

/** How a load of it ends: the cloud wants an account, MLX wants other hardware. */
export function stubFailure(stub: SimulatedStub): { readonly status: number; readonly body: Record<string, string> } {
  return stub.kind === 'cloud'
    ? { status: 401, body: { error: 'unauthorized', signin_url: 'https://ollama.com/connect' } }
    : { status: 500, body: { error: 'this model requires MLX support, but the MLX runtime is not available' } };
}
