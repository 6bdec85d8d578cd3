import type { Log } from '../../base/log.ts';
import type { Calibration } from '../../estimator/plan/calibration.ts';
import type { ModelSpec } from '../../estimator/types.ts';
import type { Server } from '../../servers/types.ts';
import type { Estimator } from '../../workers/estimates.ts';
import { ModelNeed } from './need.ts';

/** A model may be pulled anew under its name: it is looked up again after this time, ms. */
const SPEC_LIFE_MS = 3_600_000;
const SPEC_RETRY_MS = 10 * 60_000;
const SPEC_TIMEOUT_MS = 20_000;
const SPECS_AT_ONCE = 4;

export interface WatchedModelsSettings {
  readonly estimator: Estimator;
  /** Rejects where the model is not known. */
  readonly findSpec: (model: string, server: Server, signal: AbortSignal) => Promise<ModelSpec>;
  /** What loads on a server taught; absent: nothing. */
  readonly calibration?: (server: string) => Calibration | null;
  readonly log: Log;
  /** Aborted at the end. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

interface Entry {
  readonly model: string;
  readonly server: Server;
  need: ModelNeed | null;
  /** When the spec is looked for again. */
  findAtMs: number;
  finding: boolean;
}

/** The models that somebody waits for, looked up in the background. */
export class WatchedModels {
  readonly #settings: WatchedModelsSettings;
  readonly #entries = new Map<string, Entry>();
  #finding = 0;

  constructor(settings: WatchedModelsSettings) {
    this.#settings = settings;
  }

  /** What a model needs of a server; `undefined`: it is not known yet. */
  needOf(model: string, server: Server): ModelNeed | undefined {
    const key = `${server.name} ${model}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { model, server, need: null, findAtMs: 0, finding: false };
      this.#entries.set(key, entry);
    }
    const isDue = this.#settings.now() >= entry.findAtMs;
    if (isDue && !entry.finding && this.#finding < SPECS_AT_ONCE) {
      void this.#find(entry);
    }
    return entry.need ?? undefined;
  }

  newNeed(spec: ModelSpec, server: Server): ModelNeed {
    return new ModelNeed(
      this.#settings.estimator,
      spec,
      server.config,
      () => this.#settings.calibration?.(server.name) ?? null,
    );
  }

  /** Forgets all models but these. */
  keep(models: ReadonlySet<string>): void {
    for (const [key, entry] of this.#entries) {
      if (!entry.finding && !models.has(entry.model)) {
        this.#entries.delete(key);
      }
    }
  }

  /** Finds a model; who waits for it waits until it is found. Never rejects. */
  async #find(entry: Entry): Promise<void> {
    entry.finding = true;
    this.#finding += 1;
    const { findSpec, log, now, signal } = this.#settings;
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(SPEC_TIMEOUT_MS)]);
      entry.need = this.newNeed(await findSpec(entry.model, entry.server, bounded), entry.server);
      entry.findAtMs = now() + SPEC_LIFE_MS;
    } catch (error) {
      entry.findAtMs = now() + SPEC_RETRY_MS;
      if (!signal.aborted) {
        log.debug({ err: error }, 'the model of a watch is not known now');
      }
    } finally {
      entry.finding = false;
      this.#finding -= 1;
    }
  }
}
