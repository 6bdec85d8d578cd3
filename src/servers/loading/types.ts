/**
 * The words of a safe load. Sizes are bytes, contexts tokens, times milliseconds since the epoch.
 */

import { CodedError } from '../../base/coded.ts';
import type { ModelSpec, Plan } from '../../estimator/types.ts';
import type { Hold } from '../../store/types.ts';
import type { Orphans } from '../runner-processes.ts';
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
  /** A shorter context than this is of no use; absent: any will do. */
  readonly leastCtx?: number;
  /** As Ollama writes it (`30m`, `-1`); absent: the server's default. */
  readonly keepAlive?: string;
  /** A model partly in system memory is wanted rather than a shorter context. */
  readonly partial: boolean;
  /** Name of a derived model that has the context baked in. */
  readonly alias?: string;
  /** Models that may be unloaded (or reloaded) for this: somebody said yes to each by pressing a button. */
  readonly mayUnload: readonly string[];
  /** The button said that they are in use. */
  readonly mayInterrupt: boolean;
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
  /** Position among the server's GPUs, as the tools count. */
  readonly index: number | null;
  /** `null` where nothing was predicted. */
  readonly predictedBytes: number | null;
  /** What the load took: growth of the GPU's used memory, less what other processes took; `null` where it cannot be told. */
  readonly actualBytes: number | null;
  /** What other programs took meanwhile (negative: gave back); `null` where nothing tells them apart. */
  readonly othersBytes: number | null;
  /** Used memory of the whole GPU before and after; `null` where it could not be read. */
  readonly usedBeforeBytes: number | null;
  readonly usedAfterBytes: number | null;
}

/** What was seen after a load. */
export interface Proof {
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
  /** Everything is on the GPUs. */
  readonly onGpu: boolean;
  /** What went to system memory against the plan, bytes. */
  readonly spilledBytes: number;
  /** As Ollama reports it; `null` before 0.10. */
  readonly contextLength: number | null;
  readonly expiresAtMs: number | 'pinned' | null;
  readonly gpus: readonly GpuProof[];
  /** Models that were loaded before, had time left, were not unloaded by us, and are gone. */
  readonly evicted: readonly string[];
}

/** A model that stands in the way. */
export interface Obstacle {
  readonly model: string;
  /** Somebody else's hold on it. */
  readonly hold: Hold | null;
  /** It was used within the last minutes, or is being used. */
  readonly inUse: boolean;
}

/** Models whose unloading would help, and the context that would fit then. */
export interface WayOut {
  readonly obstacles: readonly Obstacle[];
  readonly numCtx: number;
}

/** Why the context is shorter than what was wanted. */
export type Clamp =
  /** By this many bytes too much; 0 = it is not known by how many. */
  | { readonly why: 'memory'; readonly excessBytes: number }
  /** Ollama would unload other models for it. */
  | { readonly why: 'others' };

/** How a load ended. `code` has words; nothing else is thrown at the caller. */
export interface LoadOutcome {
  readonly result: 'loaded' | 'needs-room' | 'refused' | 'failed' | 'canceled';
  /** Why not, for every result but `loaded`. */
  readonly problem: Remark | null;
  /** What is loaded, in the server's own spelling: what was ordered, or another name of the same weights. */
  readonly model: string;
  /** What was ordered, in the server's own spelling. */
  readonly ordered: string;
  readonly server: string;
  readonly spec: ModelSpec | null;
  /** Digest of the model's manifest. */
  readonly digest: string | null;
  /** Context asked for; `null` = none was. */
  readonly askedCtx: number | null;
  /** What was wanted after defaults; at most what the model was trained for. */
  readonly wantedCtx: number | null;
  /** Context it was loaded with. */
  readonly numCtx: number | null;
  readonly clamp: Clamp | null;
  readonly plan: Plan | null;
  /** The plan of the same load without calibration: what calibration learns from. */
  readonly plainPlan: Plan | null;
  /** Earlier loads that the plan learned from. */
  readonly learnedFrom: number;
  readonly proof: Proof | null;
  /** It was there already; only its time was renewed. */
  readonly renewed: boolean;
  readonly attempts: number;
  /** How long Ollama took for the load that stands, ms. */
  readonly loadMs: number | null;
  /** Models that we unloaded, with consent. */
  readonly unloaded: readonly string[];
  /** Holds of others that an administrator overrode. */
  readonly overridden: readonly Hold[];
  /** Models whose holder keeps them. */
  readonly kept: readonly Hold[];
  /** Where unloading others would let more of the context fit. */
  readonly wayOut: WayOut | null;
  readonly alias: string | null;
  /** The alias could not be made. */
  readonly aliasProblem: Remark | null;
  /** Models that were loaded before and are not any more after a failure. */
  readonly lost: readonly string[];
  /** The server as it was left after a failure that touched it; `null`: it was not looked at. */
  readonly after: ServerSnapshot | null;
  /** Memory that runners of an Ollama hold which was ended by force meanwhile. */
  readonly orphans: Orphans | null;
  readonly before: ServerSnapshot | null;
  /** The hold in force on the model afterwards. */
  readonly hold: Hold | null;
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a holder answers when asked to let a model go. Silence is `keep`. */
export type Consent = 'agree' | 'keep';

/** What a holder is asked. */
export interface ConsentQuestion {
  readonly hold: Hold;
  readonly by: Requester;
  readonly server: string;
  /** For which model the room is needed; `null`: it is to be unloaded for its own sake. */
  readonly forModel: string | null;
  readonly signal: AbortSignal;
}

/** Asks the holder of a model, and gives the answer or `keep` when none comes in time. Never rejects. */
export type AskHolder = (question: ConsentQuestion) => Promise<Consent>;

/** Answers that holders have given, by {@link holdKey}. */
export type Answers = ReadonlyMap<string, Consent>;

/** An answer counts for this very hold, not for a later one on the same model. */
export function holdKey(hold: Hold): string {
  return JSON.stringify([hold.server, hold.model, hold.holderId, hold.sinceMs]);
}

/** A holder must be asked first. Thrown before anything was touched: nobody else waits while somebody thinks. */
export class NeedsAnswer extends Error {
  readonly hold: Hold;
  /** As {@link ConsentQuestion.forModel}. */
  readonly forModel: string | null;

  constructor(hold: Hold, forModel: string | null) {
    super('needs-answer');
    this.name = 'NeedsAnswer';
    this.hold = hold;
    this.forModel = forModel;
  }
}

/** An end of the way that has words. */
export class Stop extends Error {
  readonly result: LoadOutcome['result'];
  readonly problem: Remark;

  constructor(result: LoadOutcome['result'], code: string, params: Remark['params'] = {}) {
    super(code);
    this.name = 'Stop';
    this.result = result;
    this.problem = { code, params };
  }
}

/** Reason of an abort by somebody who pressed Cancel; any other reason is the end of the program or of the wait. */
export class CanceledByPerson extends Error {
  readonly by: string;

  constructor(by: string) {
    super('canceled');
    this.name = 'CanceledByPerson';
    this.by = by;
  }
}

/** Whether a person ended the work, by its button or by taking the command back. */
export function isByPerson(reason: unknown): boolean {
  return reason instanceof CanceledByPerson || (reason instanceof CodedError && reason.code === 'error.canceled');
}

/** Reason of an abort because the turn on the server was lost: another process may be at work there by now. */
export class TurnLost extends Error {
  constructor() {
    super('turn-lost');
    this.name = 'TurnLost';
  }
}

/** How work that was given up ends, by the reason of the abort. */
export function givenUp(reason: unknown): { readonly result: 'canceled' | 'failed'; readonly problem: Remark } {
  if (reason instanceof TurnLost) {
    return { result: 'failed', problem: { code: 'turn-lost', params: {} } };
  }
  const code = isByPerson(reason) ? 'load-canceled' : 'load-stopped';
  return { result: 'canceled', problem: { code, params: {} } };
}

/** Of what Ollama said, characters. */
const MAX_SAID = 300;

/** An error from below as a code with figures; `said` is Ollama's own text: UNTRUSTED. */
export function toRemark(error: unknown): Remark {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return { code: 'load-failed', params: {} };
  }
  const params = 'params' in error && typeof error.params === 'object' && error.params !== null ? error.params : {};
  const plain = Object.entries(params).filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  const said = 'ollamaText' in error && typeof error.ollamaText === 'string' ? error.ollamaText.trim() : '';
  return {
    code: error.code,
    params: { ...Object.fromEntries(plain), ...(said === '' ? {} : { said: said.slice(0, MAX_SAID) }) },
  };
}
