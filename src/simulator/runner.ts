/** What the scheduler knows of a model in memory, and of a request for one. */

import type { EstimateServer } from '../estimator/types.ts';
import type { StoredModel } from './models.ts';
import type { LoadedRunner, LoadMachine } from './runner-load.ts';
import type { RunnerOptions } from './runner-options.ts';
import type { Placement, SimulatedSettings } from './types.ts';

export interface RunnerRequest {
  readonly model: StoredModel;
  readonly options: RunnerOptions;
  /** Infinity for ever; absent: as before, or the server's default. */
  readonly keepAliveMs?: number | undefined;
  readonly signal: AbortSignal;
}

/** A model in memory. */
export interface Runner {
  /** The weights' digest: two names of the same weights share a runner. */
  readonly key: string;
  readonly model: StoredModel;
  readonly options: RunnerOptions;
  readonly loaded: LoadedRunner;
  keepAliveMs: number;
  expiresAtMs: number;
  /** Requests that use it now. */
  users: number;
}

export interface SchedulerMachine extends LoadMachine {
  readonly placement: Placement;
  readonly settings: SimulatedSettings;
  version(): string;
  /** The server as it is now; lost cards are not among its GPUs. */
  server(): EstimateServer;
  /** Index of each of those GPUs among all cards. */
  cards(): readonly number[];
}
