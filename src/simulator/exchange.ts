import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import type { ModelStore } from './models.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedStub } from './stubs.ts';
import type { SimulatedSettings, SimulatedTiming } from './types.ts';

/** What the routes act upon. */
export interface OllamaParts {
  readonly store: ModelStore;
  readonly stubs: readonly SimulatedStub[];
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly settings: SimulatedSettings;
  readonly timing: SimulatedTiming;
  readonly gpuTotalBytes: number;
  version(): string;
}

/** One request to be answered. */
export interface Exchange {
  readonly parts: OllamaParts;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}
