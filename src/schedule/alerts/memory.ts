import { MIB } from '../../base/bytes.ts';
import { isCountable } from '../../servers/gpu-views.ts';
import type { ServerSnapshot } from '../../servers/types.ts';
import type { Json } from '../../store/types.ts';

/** Others' growth after a load that is told, and what it must fall below to be over. */
const FOREIGN_BYTES = 512 * MIB;
const FOREIGN_OVER_BYTES = 256 * MIB;
/** Less than this part of a model's memory missing after its unload is no leak (Ollama itself waits for 75 %). */
const LEAK_SHARE = 0.25;
const LEAK_BYTES = 512 * MIB;
/** What a runner that came meanwhile may take on a GPU beside its model: its CUDA context. */
const CONTEXT_BYTES = 600 * MIB;
/** The models must be the same for this time before memory is compared, ms; and so long after an unload. */
const SETTLE_MS = 10_000;
const LEAK_AFTER_MS = 20_000;

/** What the tracker finds; `null`: it cannot be told now, neither yes nor no. */
export interface MemoryFindings {
  readonly foreign: { readonly holds: boolean; readonly params: Json } | null;
  readonly leak: { readonly model: string; readonly holds: boolean; readonly params: Json } | null;
}

/** A model that left, until its memory is seen to be back. */
interface Departed {
  readonly model: string;
  readonly vramBytes: number;
  /** Memory that no model explained before it left, bytes. */
  readonly beforeBytes: number;
  readonly atMs: number;
  /** Runners that came since; their contexts are not a leak. */
  came: number;
  proven: boolean;
}

/**
 * Follows who holds GPU memory on one server. Two questions: did something else grow while a model was loaded, and did
 * the memory of an unloaded model come back? A load changes both figures by the runner's own overhead, so they are
 * compared only between moments with the same models.
 */
export class MemoryTracker {
  #gpuKey = '';
  #basisKey = '';
  #modelKey = '';
  #sameSinceMs = 0;
  #models: ReadonlyMap<string, number> = new Map();
  /** Others' memory that counts as usual; `null`: not measured since the models changed. */
  #usualBytes: number | null = null;
  /** Growth that was there when the models changed. */
  #excessBytes = 0;
  #unexplainedBytes: number | null = null;
  #departed: Departed | null = null;
  #foreignOpen = false;

  /** Takes up alerts that were open when the program ended. */
  restore(kind: 'foreign-memory' | 'vram-not-returned', subject: string, params: Json): void {
    const usual = params.usualBytes;
    const before = params.beforeBytes;
    const vram = params.vramBytes;
    if (kind === 'foreign-memory' && typeof params.grownBytes === 'number' && typeof usual === 'number') {
      this.#foreignOpen = true;
      this.#excessBytes = params.grownBytes;
    }
    if (kind === 'vram-not-returned' && typeof before === 'number' && typeof vram === 'number') {
      this.#departed = { model: subject, vramBytes: vram, beforeBytes: before, atMs: 0, came: 0, proven: true };
    }
  }

  /** Whether every model that left gave its memory back, as far as known. */
  get isClear(): boolean {
    return this.#departed === null;
  }

  /** @param snapshot one whose GPUs and models are fresh */
  observe(snapshot: ServerSnapshot): MemoryFindings {
    const gpus = snapshot.gpuViews.filter(isCountable);
    // Memory shared with the whole machine goes up and down with everything on it.
    if (gpus.some((gpu) => gpu.state === 'uma')) {
      return { foreign: null, leak: null };
    }
    const models = new Map(
      (snapshot.models ?? []).filter((model) => !model.isCloud).map((model) => [model.name, model.sizeVramBytes]),
    );
    this.#noteGpus(gpus.map((gpu) => gpu.uuid).join(' '), gpus.map((gpu) => gpu.ollamaBasis).join(' '));
    const used = gpus.reduce<number | null>(
      (sum, gpu) => (sum === null || gpu.usedBytes === null ? null : sum + gpu.usedBytes),
      0,
    );
    const explained = [...models.values()].reduce((sum, bytes) => sum + bytes, 0);
    const unexplained = used === null || snapshot.gpus?.basis !== 'measured' ? null : used - explained;
    this.#noteModels(models, snapshot.takenAtMs);
    const settled = snapshot.takenAtMs - this.#sameSinceMs >= SETTLE_MS;
    const findings = {
      foreign: this.#foreign(snapshot, models.size > 0, settled),
      leak: this.#leak(unexplained, gpus.length, snapshot.takenAtMs),
    };
    if (settled || this.#unexplainedBytes === null) {
      this.#unexplainedBytes = unexplained;
    }
    return findings;
  }

  #noteGpus(gpuKey: string, basisKey: string): void {
    if (gpuKey !== this.#gpuKey) {
      // Other cards, other sums: nothing from before can be compared. The first look takes over what was restored.
      if (this.#gpuKey !== '') {
        this.#departed = null;
        this.#excessBytes = 0;
      }
      this.#usualBytes = null;
      this.#unexplainedBytes = null;
      this.#gpuKey = gpuKey;
    }
    if (basisKey !== this.#basisKey) {
      // The split between Ollama and others is made another way from now on.
      this.#usualBytes = null;
      this.#basisKey = basisKey;
    }
  }

  #noteModels(models: ReadonlyMap<string, number>, nowMs: number): void {
    const modelKey = [...models]
      .map(([name, bytes]) => `${name}=${bytes}`)
      .sort()
      .join(' ');
    if (modelKey === this.#modelKey && this.#sameSinceMs > 0) {
      return;
    }
    const gone = [...this.#models].filter(([name, bytes]) => !models.has(name) && bytes > 0);
    const came = [...models.keys()].filter((name) => !this.#models.has(name)).length;
    if (this.#departed !== null) {
      this.#departed.came += came;
    } else if (gone.length > 0 && this.#unexplainedBytes !== null) {
      this.#departed = {
        model: gone
          .map(([name]) => name)
          .join(', ')
          .slice(0, 200),
        vramBytes: gone.reduce((sum, [, bytes]) => sum + bytes, 0),
        beforeBytes: this.#unexplainedBytes,
        atMs: nowMs,
        came,
        proven: false,
      };
    }
    this.#usualBytes = null;
    this.#models = models;
    this.#modelKey = modelKey;
    this.#sameSinceMs = nowMs;
  }

  #foreign(snapshot: ServerSnapshot, anyModel: boolean, settled: boolean): MemoryFindings['foreign'] {
    const others = snapshot.figures.usedByOthersBytes;
    if (!anyModel) {
      this.#usualBytes = null;
      this.#excessBytes = 0;
      this.#foreignOpen = false;
      return { holds: false, params: {} };
    }
    if (others === null || !settled) {
      return null;
    }
    // What had grown before the models changed is still there; the rest of the change came with them.
    this.#usualBytes ??= others - this.#excessBytes;
    if (others < this.#usualBytes) {
      this.#usualBytes = others;
    }
    this.#excessBytes = others - this.#usualBytes;
    this.#foreignOpen = this.#excessBytes >= (this.#foreignOpen ? FOREIGN_OVER_BYTES : FOREIGN_BYTES);
    const params = { grownBytes: this.#excessBytes, usualBytes: this.#usualBytes, ...largestForeign(snapshot) };
    return { holds: this.#foreignOpen, params };
  }

  #leak(unexplained: number | null, gpuCount: number, nowMs: number): MemoryFindings['leak'] {
    const departed = this.#departed;
    if (departed === null || unexplained === null) {
      return null;
    }
    if (nowMs - departed.atMs < LEAK_AFTER_MS) {
      return null;
    }
    const { model, vramBytes, beforeBytes } = departed;
    const contexts = departed.came * gpuCount * CONTEXT_BYTES;
    const missingBytes = unexplained - beforeBytes;
    const limit = Math.max(LEAK_BYTES, LEAK_SHARE * vramBytes) + contexts;
    const holds = missingBytes >= (departed.proven ? limit / 2 : limit);
    departed.proven ||= holds;
    if (!holds) {
      this.#departed = null;
    }
    return { model, holds, params: { missingBytes, vramBytes, beforeBytes } };
  }
}

/** The largest program on the GPUs that is not Ollama's, where the source tells. Names and users are untrusted text. */
function largestForeign(snapshot: ServerSnapshot): Json {
  if (!snapshot.gpuViews.some((gpu) => gpu.ollamaBasis === 'processes')) {
    return {};
  }
  const [largest] = (snapshot.gpus?.processes ?? [])
    .filter(({ name, usedBytes }) => usedBytes !== null && !/ollama|llama-server/i.test(name))
    .sort((a, b) => (b.usedBytes ?? 0) - (a.usedBytes ?? 0));
  if (largest === undefined) {
    return {};
  }
  return {
    process: largest.name.slice(-80),
    pid: largest.pid,
    user: largest.user ?? '',
    processBytes: largest.usedBytes,
  };
}
