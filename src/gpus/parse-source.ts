import { CodedError, type Params } from '../base/coded.ts';
import { GpuListError, parseGpuList } from '../estimator/gpu-list.ts';
import { type AmdOptions, createAmdSource } from './amd/amd.ts';
import { type AppleOptions, createAppleSource } from './apple/apple.ts';
import { createAutoSource, createNoneSource } from './auto.ts';
import { createDeclaredSource } from './declared.ts';
import { createPrometheusSource, parsePrometheusUrl } from './exporters/prometheus.ts';
import { createIntelSource, type IntelOptions } from './intel/intel.ts';
import { createNvidiaSmiSource, type NvidiaSmiOptions } from './nvidia/nvidia-smi.ts';
import { createSshSource, parseSshTarget } from './ssh.ts';
import type { Clock, GpuSource } from './types.ts';

export interface CreateGpuSourceOptions {
  readonly clock?: Clock;
  /** Whether Ollama runs on this machine; `auto` reads this machine only then. Default true. */
  readonly isLocal?: boolean;
  /** Private key for ssh. */
  readonly sshKeyFile?: string;
  readonly nvidia?: NvidiaSmiOptions;
  readonly amd?: AmdOptions;
  readonly intel?: IntelOptions;
  readonly apple?: AppleOptions;
}

/** A value of GPU_SOURCE, read: which source it names, and how to make it. */
export interface GpuSourceChoice {
  readonly kind: GpuSource['kind'];
  /** It reads the GPUs of the machine that this program runs on, whichever machine Ollama runs on. */
  readonly readsThisMachine: boolean;
  readonly create: (options: CreateGpuSourceOptions & { readonly clock: Clock }) => GpuSource;
}

/** One kind of source: how GPU_SOURCE names it. */
interface SourceEntry {
  /** As the fault of an unreadable value shows it. */
  readonly example: string;
  /** `null`: the text names another one. Throws a GpuSourceError where it names this one but cannot be read. */
  readonly read: (text: string) => GpuSourceChoice | null;
}

export type GpuSourceErrorCode =
  | 'gpu-source-ssh'
  | 'gpu-source-prometheus'
  | 'gpu-source-unknown'
  | GpuListError['code'];

/** A GPU_SOURCE that cannot be read. It never holds the value itself: there may be a password in it. */
export class GpuSourceError extends CodedError<GpuSourceErrorCode> {
  override readonly name = 'GpuSourceError';
}

/** A source that a single word names; a missing value counts as the word of the first. */
function named(
  kind: 'auto' | 'nvidia-smi' | 'amd' | 'intel' | 'apple' | 'none',
  create: GpuSourceChoice['create'],
): SourceEntry {
  const choice = { kind, readsThisMachine: kind !== 'none', create };
  return { example: kind, read: (text) => (text.toLowerCase() === kind ? choice : null) };
}

/** A source that an address names: its own, once the text begins as one, or a fault. */
function addressed<T>(
  kind: 'ssh' | 'prometheus',
  example: string,
  parse: (text: string) => T | null,
  create: (target: T, options: Parameters<GpuSourceChoice['create']>[0]) => GpuSource,
): SourceEntry {
  return {
    example,
    read: (text) => {
      if (!new RegExp(`^${kind}\\b`, 'i').test(text)) {
        return null;
      }
      const target = parse(text);
      if (target === null) {
        throw new GpuSourceError(`gpu-source-${kind}`);
      }
      return { kind, readsThisMachine: false, create: (options) => create(target, options) };
    },
  };
}

/** Every source that GPU_SOURCE can name, in the order in which they are asked. A new one is one more entry. */
const SOURCES: readonly SourceEntry[] = [
  named('auto', (options) => createAutoSource(options)),
  named('nvidia-smi', ({ clock, nvidia }) => createNvidiaSmiSource({ clock, ...nvidia })),
  addressed('ssh', 'ssh://user@host', parseSshTarget, (target, { clock, sshKeyFile }) =>
    createSshSource(target, { clock, ...(sshKeyFile === undefined ? {} : { keyFile: sshKeyFile }) }),
  ),
  addressed('prometheus', 'prometheus+http://host:9400/metrics', parsePrometheusUrl, (url, { clock }) =>
    createPrometheusSource(url, { clock }),
  ),
  named('amd', ({ clock, amd }) => createAmdSource({ clock, ...amd })),
  named('intel', ({ clock, intel }) => createIntelSource({ clock, ...intel })),
  named('apple', ({ clock, apple }) => createAppleSource({ clock, ...apple })),
  named('none', ({ clock }) => createNoneSource(clock)),
  {
    example: 'GPUs such as 4x8GiB',
    read: (text) => {
      readDeclared(text);
      return {
        kind: 'declared',
        readsThisMachine: false,
        create: ({ clock }) => createDeclaredSource(text, clock),
      };
    },
  },
];

/** What GPU_SOURCE takes, for whoever wrote something else. */
export const GPU_SOURCE_EXAMPLES: readonly string[] = SOURCES.map(({ example }) => example);

/**
 * Reads a value of GPU_SOURCE; an empty one is `auto`.
 * @throws GpuSourceError
 */
export function parseGpuSource(text: string): GpuSourceChoice {
  const trimmed = text.trim() || 'auto';
  for (const { read } of SOURCES) {
    const choice = read(trimmed);
    if (choice !== null) {
      return choice;
    }
  }
  throw new GpuSourceError('gpu-source-unknown');
}

/** Makes the source of a GPU_SOURCE value. @throws GpuSourceError */
export function createGpuSource(text: string, options: CreateGpuSourceOptions = {}): GpuSource {
  return parseGpuSource(text).create({ ...options, clock: options.clock ?? Date.now });
}

/** @throws GpuSourceError where the text is no list of GPUs */
function readDeclared(text: string): void {
  try {
    parseGpuList(text);
  } catch (error) {
    if (!(error instanceof GpuListError)) {
      throw error;
    }
    // Without a digit it was meant to be a word, not a list of sizes.
    throw /\d/.test(text) && !text.includes('://')
      ? new GpuSourceError(error.code, withoutText(error.params))
      : new GpuSourceError('gpu-source-unknown');
  }
}

/** Figures alone: what was typed stays out. */
function withoutText(params: Params): Params {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => typeof value === 'number'));
}
