import type { Calibration } from '../../estimator/plan/calibration.ts';
import type { ModelSpec } from '../../estimator/types.ts';
import type { Hold, MadeAlias, Store } from '../../store/types.ts';
import type { Estimates } from '../../workers/estimates.ts';
import type { WeightsIndex } from '../asking/same-weights.ts';
import type { ReservationBook } from '../reservations.ts';
import type { Server, ServerRegistry } from '../types.ts';
import type { BenchOrder, BenchOutcome } from './bench.ts';
import type { HoldAnswer } from './hold-desk.ts';
import type { HoldEvent } from './hold-watch.ts';
import type { HoldBook } from './holds.ts';
import type { LoadListener, UnderWay } from './jobs.ts';
import type { ServerQueue } from './queue.ts';
import type { SetOrder, SetOutcome } from './safe-set.ts';
import type { UnloadOrder, UnloadOutcome } from './safe-unload.ts';
import type { AskHolder, LoadOrder, LoadOutcome, LoadStep, Requester } from './types.ts';

export interface LoadServiceParts {
  readonly registry: ServerRegistry;
  readonly store: Pick<Store, 'audit' | 'benches' | 'observations' | 'madeAliases'>;
  readonly holds: HoldBook;
  readonly queueFor: (server: string) => ServerQueue;
  /** Bookings of servers and GPUs; absent = there are none. */
  readonly reservations?: Pick<ReservationBook, 'list'>;
  /** Which models share their weights. */
  readonly weights: WeightsIndex;
  readonly findSpec: (model: string, server: Server, signal: AbortSignal) => Promise<ModelSpec>;
  readonly estimates: Estimates;
  readonly askHolder: AskHolder;
  /** Tells a holder what happened to the model. Must not throw. */
  readonly tellHolder: (event: HoldEvent) => void;
  readonly limits: { readonly maxCtx: number | null; readonly maxKeepAlive: string | null };
  readonly now: () => number;
  /** Something that nobody waits for failed. */
  readonly onError: (error: unknown) => void;
  /** Pause before what is read counts as proof, ms; default 2,000. */
  readonly settleMs?: number;
  /** Pause between looks at a load under way, ms; default 1,500. */
  readonly lookEveryMs?: number;
}

/** A load that was taken up. */
export interface StartedLoad {
  /** For {@link LoadService.cancel}. */
  readonly id: string;
  /** Never rejects. */
  readonly done: Promise<LoadOutcome>;
}

/** A set that was taken up. */
export interface StartedSet {
  /** For {@link LoadService.cancel}. */
  readonly id: string;
  /** Never rejects. */
  readonly done: Promise<SetOutcome>;
}

/** Where the steps of a set go: each of one of its models, or (`null`) of the set. */
export interface SetListener {
  readonly signal: AbortSignal;
  readonly onStep: (index: number | null, step: LoadStep) => void;
}

/** Loads, unloads and holds of all servers. Nothing here rejects but where it says so. */
export interface LoadService {
  /** Takes up a load: it waits its turn on its server. */
  load(server: Server, order: LoadOrder, listener: LoadListener): StartedLoad;
  /** Takes up a set: its models one after the other in one turn, undone as a whole when one fails. */
  loadSet(server: Server, order: SetOrder, listener: SetListener): StartedSet;
  unload(server: Server, order: UnloadOrder, listener: LoadListener): Promise<UnloadOutcome>;
  /** Measures a loaded model's speed in its turn. */
  bench(server: Server, order: BenchOrder, listener: LoadListener): Promise<BenchOutcome>;
  /** Gives up a load. Its requester and administrators may. */
  cancel(id: string, by: Requester): 'canceled' | 'over' | 'not-yours';
  /** Loads that wait or run, by server. */
  active(server?: string): number;
  /** The same, one by one. */
  underWay(server: string): readonly UnderWay[];
  /** What this program made under a name; `null`: it did not. Rejects with a StoreError. */
  madeAlias(server: string, model: string): Promise<MadeAlias | null>;
  /** A name was deleted. Rejects with a StoreError. */
  forgetAlias(server: string, model: string): Promise<void>;
  /** Holds in force. Rejects with a StoreError. */
  holds(server?: string): Promise<readonly Hold[]>;
  /** Who holds what on a server, by model, as last seen. */
  holders(server: string): ReadonlyMap<string, string>;
  /** The holder (or an administrator) keeps the model for longer, from now. */
  extend(server: Server, model: string, keepAlive: string, by: Requester): Promise<HoldAnswer>;
  /** The holder (or an administrator) lets go; the model stays until its time is over. */
  release(server: Server, model: string, by: Requester): Promise<HoldAnswer>;
  /** What loads on this server taught, as last read; `null` = nothing is known yet. */
  calibration(server: string): Calibration | null;
  /** Begins to watch holds: those of models that left while the program was away end. */
  start(): void;
  /** Gives up what waits and runs, within a few seconds. */
  close(): Promise<void>;
}
