import { isCountable } from '../../servers/gpu-views.ts';
import { hostBytes } from '../../servers/placements.ts';
import type { ServerSnapshot } from '../../servers/types.ts';
import type { Alert, Json } from '../../store/types.ts';
import { MemoryTracker } from './memory.ts';

/** What can be wrong. A full GPU is not: that is what models are for. */
export const ALERT_KINDS = [
  'ollama-down',
  'model-spilled',
  'foreign-memory',
  'vram-not-returned',
  'gpu-missing',
  'gpu-lost',
  'gpu-hot',
  'driver-mismatch',
  'gpu-source-failing',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** From this temperature on a GPU is hot, and below the other it is well again, °C. */
export const HOT_C = 90;
const HOT_OVER_C = 85;

/** Something began or ended; `subject` is a model, a GPU's UUID, or empty for the server itself. */
export type AlertEvent =
  | {
      readonly type: 'begin';
      readonly server: string;
      readonly kind: AlertKind;
      readonly subject: string;
      readonly params: Json;
      readonly atMs: number;
    }
  | {
      readonly type: 'end';
      readonly server: string;
      readonly kind: AlertKind;
      readonly subject: string;
      readonly atMs: number;
    };

/** Readings in a row, and the time that they span at least, before an alert begins or ends. */
interface Hysteresis {
  readonly begin: { readonly readings: number; readonly ms: number };
  readonly end: { readonly readings: number; readonly ms: number };
}

const SOON = { readings: 2, ms: 20_000 };
const LATER = { readings: 3, ms: 60_000 };
const HYSTERESIS: Readonly<Record<AlertKind, Hysteresis>> = {
  'ollama-down': { begin: { readings: 2, ms: 30_000 }, end: { readings: 2, ms: 10_000 } },
  'model-spilled': { begin: SOON, end: SOON },
  'foreign-memory': { begin: SOON, end: SOON },
  'vram-not-returned': { begin: SOON, end: { readings: 2, ms: 10_000 } },
  'gpu-missing': { begin: SOON, end: SOON },
  'gpu-lost': { begin: SOON, end: SOON },
  'gpu-hot': { begin: LATER, end: LATER },
  'driver-mismatch': { begin: SOON, end: SOON },
  'gpu-source-failing': { begin: LATER, end: SOON },
};
/** An alert that comes back within this time must hold twice as long, then four times, up to this factor. */
const FLAP_MS = 3_600_000;
const MAX_FLAP_FACTOR = 16;
/** Subjects followed per server at most: names of models come from outside. */
const MAX_FOLLOWED = 500;
/** How a source says that there never was anything to read: no alert unless it was read before. */
const NEVER_THERE: ReadonlySet<string> = new Set(['no-source', 'source-elsewhere', 'not-installed', 'no-devices']);

interface Following {
  readonly kind: AlertKind;
  readonly subject: string;
  isOpen: boolean;
  /** The present run of readings that say otherwise than `isOpen`. */
  readings: number;
  sinceMs: number;
  flaps: number;
  endedAtMs: number | null;
}

/** What one snapshot says: what holds, and which kinds could be judged at all. */
interface Findings {
  readonly holds: readonly { readonly kind: AlertKind; readonly subject: string; readonly params: Json }[];
  readonly judged: ReadonlySet<AlertKind>;
}

/** Finds what is wrong with one server in its snapshots. Without clock and store: times are the snapshots' own. */
export class AlertDetector {
  readonly #server: string;
  readonly #following = new Map<string, Following>();
  readonly #memory = new MemoryTracker();
  #gpusEverRead = false;
  /** How the cards are called, for when they are gone. */
  readonly #gpus = new Map<string, Json>();
  #readAtMs: number | null = null;

  /** @param open alerts of this server that were open when the program ended */
  constructor(server: string, open: readonly Pick<Alert, 'kind' | 'subject' | 'params'>[] = []) {
    this.#server = server;
    for (const { kind, subject, params } of open) {
      const known = ALERT_KINDS.find((one) => one === kind);
      if (known === undefined) {
        continue;
      }
      this.#follow(known, subject).isOpen = true;
      if (known === 'foreign-memory' || known === 'vram-not-returned') {
        this.#memory.restore(known, subject, params);
      }
      if (known === 'gpu-source-failing') {
        this.#gpusEverRead = true;
      }
    }
  }

  /** Takes a snapshot, oldest first. @returns what began and ended by it */
  observe(snapshot: ServerSnapshot): readonly AlertEvent[] {
    const { holds, judged } = this.#find(snapshot);
    const atMs = snapshot.takenAtMs;
    const events: AlertEvent[] = [];
    const holding = new Set<Following>();
    for (const { kind, subject, params } of holds) {
      const following = this.#follow(kind, subject);
      holding.add(following);
      if (!this.#turned(following, true, atMs)) {
        continue;
      }
      events.push({ type: 'begin', server: this.#server, kind, subject, params, atMs });
    }
    for (const [key, following] of this.#following) {
      if (holding.has(following) || !judged.has(following.kind)) {
        continue;
      }
      if (this.#turned(following, false, atMs)) {
        events.push({ type: 'end', server: this.#server, kind: following.kind, subject: following.subject, atMs });
      }
      const isOver = !following.isOpen && (following.endedAtMs === null || atMs - following.endedAtMs > FLAP_MS);
      if (isOver) {
        this.#following.delete(key);
      }
    }
    return events;
  }

  #follow(kind: AlertKind, subject: string): Following {
    const key = `${kind} ${subject}`;
    const known = this.#following.get(key);
    if (known !== undefined) {
      return known;
    }
    const fresh: Following = { kind, subject, isOpen: false, readings: 0, sinceMs: 0, flaps: 0, endedAtMs: null };
    for (const [oldest, { isOpen }] of this.#following) {
      if (this.#following.size < MAX_FOLLOWED) {
        break;
      }
      if (!isOpen) {
        this.#following.delete(oldest);
      }
    }
    this.#following.set(key, fresh);
    return fresh;
  }

  /** Counts a reading; whether the alert begins or ends by it. */
  #turned(following: Following, holds: boolean, atMs: number): boolean {
    if (holds === following.isOpen) {
      following.readings = 0;
      return false;
    }
    if (following.readings === 0 || atMs < following.sinceMs) {
      following.sinceMs = atMs;
    }
    following.readings += 1;
    const { readings, ms } = HYSTERESIS[following.kind][holds ? 'begin' : 'end'];
    const recent = following.endedAtMs !== null && atMs - following.endedAtMs <= FLAP_MS;
    const factor = holds && recent ? Math.min(2 ** following.flaps, MAX_FLAP_FACTOR) : 1;
    if (following.readings < readings || atMs - following.sinceMs < ms * factor) {
      return false;
    }
    following.isOpen = holds;
    following.readings = 0;
    if (holds) {
      following.flaps = recent ? following.flaps : 0;
    } else {
      following.flaps += 1;
      following.endedAtMs = atMs;
    }
    return true;
  }

  #find(snapshot: ServerSnapshot): Findings {
    const holds: { kind: AlertKind; subject: string; params: Json }[] = [];
    const judged = new Set<AlertKind>(['ollama-down']);
    const isUp = snapshot.ollama.state === 'up';
    if (!isUp) {
      holds.push({ kind: 'ollama-down', subject: '', params: { state: snapshot.ollama.state } });
    }
    this.#findGpus(snapshot, holds, judged);
    if (isUp && snapshot.models !== null && !snapshot.modelsStale && snapshot.gpuViews.some(isCountable)) {
      judged.add('model-spilled');
      for (const model of snapshot.models) {
        if (model.isCloud || model.gpuShare === null || model.gpuShare >= 0.999) {
          continue;
        }
        const params = { share: model.gpuShare, hostBytes: hostBytes(model) };
        holds.push({ kind: 'model-spilled', subject: model.name, params });
      }
    }
    return { holds, judged };
  }

  #findGpus(
    snapshot: ServerSnapshot,
    holds: { kind: AlertKind; subject: string; params: Json }[],
    judged: Set<AlertKind>,
  ): void {
    const { gpus, gpuProblems } = snapshot;
    // Older good numbers are kept beside the problems of the latest reading; then nothing new is known of the cards.
    const failed = gpus === null || gpus.status === 'failed' || gpus.errors !== gpuProblems;
    const mismatch = gpuProblems.some(({ code }) => code === 'driver-mismatch');
    judged.add('driver-mismatch').add('gpu-source-failing');
    if (mismatch) {
      holds.push({ kind: 'driver-mismatch', subject: '', params: {} });
    }
    const [problem] = gpuProblems;
    if (failed) {
      const isNews = this.#gpusEverRead || (problem !== undefined && !NEVER_THERE.has(problem.code));
      if (problem !== undefined && isNews && !mismatch) {
        holds.push({ kind: 'gpu-source-failing', subject: '', params: { ...problem.params, code: problem.code } });
      }
      return;
    }
    this.#gpusEverRead ||= gpus.gpus.length > 0;
    if (gpus.takenAtMs === this.#readAtMs) {
      return;
    }
    this.#readAtMs = gpus.takenAtMs;
    judged.add('gpu-missing').add('gpu-lost').add('gpu-hot');
    for (const uuid of snapshot.missingGpus) {
      holds.push({ kind: 'gpu-missing', subject: uuid, params: this.#gpus.get(uuid) ?? {} });
    }
    for (const { uuid, name, index, state, tempC } of snapshot.gpuViews) {
      const params = { name, index: index ?? '' };
      if (this.#gpus.size < MAX_FOLLOWED) {
        this.#gpus.set(uuid, params);
      }
      if (state === 'lost') {
        holds.push({ kind: 'gpu-lost', subject: uuid, params });
      }
      const isOpen = this.#following.get(`gpu-hot ${uuid}`)?.isOpen === true;
      if (tempC !== null && tempC >= (isOpen ? HOT_OVER_C : HOT_C)) {
        holds.push({ kind: 'gpu-hot', subject: uuid, params: { ...params, tempC } });
      }
    }
    if (snapshot.ollama.state !== 'up' || snapshot.models === null || snapshot.modelsStale || snapshot.gpuStale) {
      return;
    }
    const { foreign, leak } = this.#memory.observe(snapshot);
    if (foreign !== null) {
      judged.add('foreign-memory');
      if (foreign.holds) {
        holds.push({ kind: 'foreign-memory', subject: '', params: foreign.params });
      }
    }
    if (leak?.holds === true) {
      holds.push({ kind: 'vram-not-returned', subject: leak.model, params: leak.params });
    }
    // Without a departed model there is nothing missing any more.
    if (this.#memory.isClear) {
      judged.add('vram-not-returned');
    }
  }
}
