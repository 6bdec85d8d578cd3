/**
 * The words of a safe load. Sizes are bytes, contexts tokens, times milliseconds since the epoch.
 */

import type { ModelSpec, Plan } from '../../estimator/types.ts';
import type { Hold } from '../../store/types.ts';
import type { Remark, ServerSnapshot } from '../types.ts';

/** Who asks for a load. Names are UNTRUSTED text. */
export interface Requester {
  readonly id: string;
  readonly name: string;
  readonly isAdmin: boolean;
  readonly platform: string;
  readonly guildId: string | null;
  readonly channelId: string | null;
}

/** What somebody wants loaded. */
export interface LoadOrder {
  /** As typed; matched with what the server has. */
  readonly model: string;
  /** Absent: the server's own default. */
  readonly numCtx?: number;
  /** As Ollama writes it (`30m`, `-1`); absent: the server's default. */
  readonly keepAlive?: string;
  /** A model partly in system memory is wanted rather than a shorter context. */
  readonly partial: boolean;
  /** Name of a derived model that has the context baked in. */
  readonly alias?: string;
  /** Models that may be unloaded to make room: somebody said yes to each by pressing a button. */
  readonly mayUnload: readonly string[];
  /** An administrator overrides other people's holds; recorded. */
  readonly overrideHolds: boolean;
  readonly by: Requester;
}

/** One step of the way, shown as it happens. */
export interface LoadStep {
  readonly name: 'wait' | 'look' | 'plan' | 'ask' | 'unload' | 'load' | 'prove' | 'smaller' | 'restore' | 'alias';
  readonly state: 'running' | 'done' | 'failed';
  readonly params: Readonly<Record<string, string | number>>;
}

/** Predicted and actual memory on one GPU. */
export interface GpuProof {
  readonly uuid: string;
  readonly name: string;
  readonly predictedBytes: number;
  /** Growth of the GPU's used memory; `null` where it could not be read. */
  readonly actualBytes: number | null;
}

/** What was seen after a load. */
export interface Proof {
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
  /** Everything is on the GPUs. */
  readonly onGpu: boolean;
  /** As Ollama reports it; `null` before 0.10. */
  readonly contextLength: number | null;
  readonly expiresAtMs: number | 'pinned' | null;
  readonly gpus: readonly GpuProof[];
  /** Models that were loaded before, were not unloaded by us, and are gone. */
  readonly evicted: readonly string[];
}

/** How a load ended. `code` has words; nothing else is thrown at the caller. */
export interface LoadOutcome {
  readonly result: 'loaded' | 'needs-room' | 'refused' | 'failed' | 'canceled';
  /** Why not, for every result but `loaded`. */
  readonly problem: Remark | null;
  /** The server's own spelling. */
  readonly model: string;
  readonly server: string;
  readonly spec: ModelSpec | null;
  /** Context asked for; `null` = none was. */
  readonly askedCtx: number | null;
  /** Context it was loaded with. */
  readonly numCtx: number | null;
  /** Bytes that the asked context would have been too much by, when it was clamped. */
  readonly excessBytes: number | null;
  readonly plan: Plan | null;
  readonly proof: Proof | null;
  readonly attempts: number;
  /** Models that we unloaded, with consent. */
  readonly unloaded: readonly string[];
  /** Models that stand in the way and whose unloading would let the asked context fit; with holders. */
  readonly inTheWay: readonly { readonly model: string; readonly hold: Hold | null }[];
  readonly alias: string | null;
  readonly before: ServerSnapshot | null;
}

/** What a holder answers when asked to let a model go. Silence is `keep`. */
export type Consent = 'agree' | 'keep';

/** Asks the holder of a model, and gives the answer or `keep` when none comes in time. Never rejects. */
export type AskHolder = (hold: Hold, order: LoadOrder, server: string, signal: AbortSignal) => Promise<Consent>;
