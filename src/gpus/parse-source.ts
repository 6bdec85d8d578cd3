import { CodedError, type Params } from '../base/coded.ts';
import { type AmdOptions, createAmdSource } from './amd.ts';
import { type AutoOptions, createAutoSource, createNoneSource } from './auto.ts';
import { createDeclaredSource, GpuListError, parseGpuList } from './declared.ts';
import { createNvidiaSmiSource, type NvidiaSmiOptions } from './nvidia-smi.ts';
import { createPrometheusSource, parsePrometheusUrl } from './prometheus.ts';
import { createSshSource, parseSshTarget, type SshTarget } from './ssh.ts';
import type { Clock, GpuSource } from './types.ts';

/** A value of GPU_SOURCE, read. */
export type GpuSourceSpec =
  | { readonly kind: 'auto' | 'nvidia-smi' | 'amd' | 'none' }
  | { readonly kind: 'ssh'; readonly target: SshTarget }
  | { readonly kind: 'prometheus'; readonly url: URL }
  | { readonly kind: 'declared'; readonly text: string };

export type GpuSourceErrorCode =
  | 'gpu-source-ssh'
  | 'gpu-source-prometheus'
  | 'gpu-source-unknown'
  | GpuListError['code'];

/** Figures alone: what was typed stays out. */
function withoutText(params: Params): Params {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => typeof value === 'number'));
}

/** A GPU_SOURCE that cannot be read. It never holds the value itself: there may be a password in it. */
export class GpuSourceError extends CodedError<GpuSourceErrorCode> {
  override readonly name = 'GpuSourceError';
}

/**
 * Reads `auto`, `nvidia-smi`, `ssh://user@host[:port]`, `prometheus+http://host:9400/metrics`, `amd`, `none`, or
 * declared GPUs such as `4x8GiB`.
 * @throws GpuSourceError
 */
export function parseGpuSource(text: string): GpuSourceSpec {
  const trimmed = text.trim();
  const word = trimmed.toLowerCase();
  if (word === 'auto' || word === '') {
    return { kind: 'auto' };
  }
  if (word === 'nvidia-smi' || word === 'amd' || word === 'none') {
    return { kind: word };
  }
  if (word.startsWith('ssh:')) {
    const target = parseSshTarget(trimmed);
    if (target === null) {
      throw new GpuSourceError('gpu-source-ssh');
    }
    return { kind: 'ssh', target };
  }
  if (word.startsWith('prometheus')) {
    const url = parsePrometheusUrl(trimmed);
    if (url === null) {
      throw new GpuSourceError('gpu-source-prometheus');
    }
    return { kind: 'prometheus', url };
  }
  try {
    parseGpuList(trimmed);
  } catch (error) {
    if (!(error instanceof GpuListError)) {
      throw error;
    }
    // Without a digit it was meant to be a word, not a list of sizes.
    throw /\d/.test(trimmed) && !trimmed.includes('://')
      ? new GpuSourceError(error.code, withoutText(error.params))
      : new GpuSourceError('gpu-source-unknown');
  }
  return { kind: 'declared', text: trimmed };
}

export interface CreateGpuSourceOptions {
  readonly clock?: Clock;
  /** Whether Ollama runs on this machine; `auto` reads this machine only then. Default true. */
  readonly isLocal?: boolean;
  /** Private key for ssh. */
  readonly sshKeyFile?: string;
  readonly nvidia?: NvidiaSmiOptions;
  readonly amd?: AmdOptions;
}

/** Makes the source of a GPU_SOURCE value. @throws GpuSourceError */
export function createGpuSource(text: string, options: CreateGpuSourceOptions = {}): GpuSource {
  const spec = parseGpuSource(text);
  const clock = options.clock ?? Date.now;
  switch (spec.kind) {
    case 'auto':
      return createAutoSource({ ...options, clock } satisfies AutoOptions);
    case 'nvidia-smi':
      return createNvidiaSmiSource({ clock, ...options.nvidia });
    case 'amd':
      return createAmdSource({ clock, ...options.amd });
    case 'none':
      return createNoneSource(clock);
    case 'ssh':
      return createSshSource(spec.target, {
        clock,
        ...(options.sshKeyFile === undefined ? {} : { keyFile: options.sshKeyFile }),
      });
    case 'prometheus':
      return createPrometheusSource(spec.url, { clock });
    case 'declared':
      return createDeclaredSource(spec.text, clock);
  }
}
