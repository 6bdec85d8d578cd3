import { setImmediate as nextTurn } from 'node:timers/promises';
import { CodedError } from '../../base/coded.ts';
import type { ModelSpec } from '../../estimator/types.ts';
import { modelKey } from '../../servers/asking/same-model.ts';
import type { WeightsIndex } from '../../servers/asking/same-weights.ts';
import { bookedGpus, type Reservation } from '../../servers/reservations.ts';
import type { Sampler } from '../../servers/sampler.ts';
import type { Server, ServerRegistry, ServerSnapshot } from '../../servers/types.ts';
import type { NewWatch, Watch, WatchRepository } from '../../store/types.ts';
import type { Leader } from '../leader.ts';
import { Claims, HAND_OVER_MS } from './claims.ts';
import { WatchedModels, type WatchedModelsSettings } from './models.ts';
import {
  allowsVerdict,
  beyondReserve,
  freeAfter,
  judgeBytes,
  keepsOff,
  notBooked,
  type Room,
  roomOf,
  type Verdict,
} from './need.ts';

/** Watches of one person, and of all, that may wait at a time. */
export const MAX_PER_PERSON = 10;
export const MAX_WAITING = 5_000;
export const DEFAULT_LIFE_MS = 24 * 3_600_000;
export const MAX_LIFE_MS = 7 * 24 * 3_600_000;
/** It must hold on this many readings in a row, over at least this time, before anybody is told. */
const READINGS = 2;
const HOLD_MS = 5_000;
/** Watches that are found to have room in one look; the rest have theirs at the next. */
const MAX_FOUND = 5;
/** Work between two turns of the event loop, ms. */
const SLICE_MS = 3;
/** Pace of expiry and of reading the store again, where another process may have written, ms. */
const SWEEP_MS = 60_000;
const EXACT_PACE_MS = 60_000;

/** A watch that cannot be made or ended. The edge finds the sentence under `error.<code>`. */
export class WatchError extends CodedError<'watch-too-many-yours' | 'watch-too-many' | 'watch-unknown'> {
  override readonly name = 'WatchError';
}

/** What somebody is told. */
export interface WatchNews {
  readonly watch: Watch;
  readonly server: string;
  /** Free on all GPUs together and on the emptiest one, bytes. */
  readonly freeBytes: number;
  readonly freeMaxBytes: number;
  /** What the model takes, for `when-fits`, bytes. */
  readonly needBytes: number | null;
}

/** `later`: the platform did not take it now. `lost`: it never will. */
export type Delivery = 'sent' | 'later' | 'lost';

export interface WatchKeeperSettings extends Omit<WatchedModelsSettings, 'signal' | 'now'> {
  readonly registry: ServerRegistry;
  readonly sampler: Pick<Sampler, 'watch' | 'onSnapshot'>;
  readonly repository: WatchRepository;
  /** Tells a person. Sent again with the same news it must not make a second message. Never rejects. */
  readonly deliver: (news: WatchNews) => Promise<Delivery>;
  /** Which models share their weights. */
  readonly weights: WeightsIndex;
  /** What is booked on a server, as last seen; absent = nothing is. */
  readonly reservations?: (server: string) => readonly Reservation[];
  /** Platforms whose people can be told by this process; watches of others keep waiting. */
  readonly platforms: readonly string[];
  readonly leader: Leader;
  /** The keepers of other processes on the same store; absent where there are none. */
  readonly others?: {
    /** Tells them that what waits has changed. */
    tell(): void;
    /** @returns the way to stop it */
    listen(listener: () => void): () => void;
  };
  readonly now?: () => number;
}

/** How things stand for a question right now. */
export interface WatchLook {
  /** There is room, and nobody else was told to take it. */
  readonly fits: boolean;
  /** There is room, but it is kept for somebody who was told a moment ago. */
  readonly promised: boolean;
}

/** What one watch waits for, without its owner. */
export type WatchQuestion =
  | { readonly kind: 'when-fits'; readonly spec: ModelSpec; readonly numCtx: number }
  | { readonly kind: 'when-free'; readonly freeBytes: number };

interface Streak {
  readonly sinceMs: number;
  readonly readings: number;
}

/** Keeps the watches: "tell me when it fits", "tell me when so much is free". */
export class WatchKeeper {
  readonly #settings: WatchKeeperSettings;
  readonly #now: () => number;
  #waiting: Watch[] = [];
  /** Told by an earlier life of the program a moment ago: what was promised is promised still. */
  #toldBefore: readonly Watch[] = [];
  readonly #models: WatchedModels;
  readonly #streaks = new Map<string, Streak>();
  readonly #claims = new Map<string, Claims>();
  readonly #telling = new Map<number, Promise<void>>();
  readonly #paces = new Map<string, () => void>();
  readonly #queue = new Map<Server, ServerSnapshot>();
  readonly #seen = new Map<Server, number>();
  readonly #stopped = new AbortController();
  #working: Promise<void> | null = null;
  /** Changes of what waits, one after the other: between a look into the store and its result nothing may be added. */
  #changes: Promise<unknown> = Promise.resolve();
  #turn = 0;
  #exactAtMs = 0;
  #unsubscribe: () => void = () => undefined;
  #unlisten: () => void = () => undefined;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(settings: WatchKeeperSettings) {
    this.#settings = settings;
    this.#now = settings.now ?? Date.now;
    this.#models = new WatchedModels({ ...settings, now: this.#now, signal: this.#stopped.signal });
  }

  /** Takes up what waits in the store and looks at every snapshot from now on. Rejects with a StoreError. */
  async start(): Promise<void> {
    this.#toldBefore = await this.#settings.repository.toldSince(this.#now() - HAND_OVER_MS);
    await this.#change(() => this.#reload());
    this.#unsubscribe = this.#settings.sampler.onSnapshot((snapshot) => this.observe(snapshot));
    this.#unlisten = this.#settings.others?.listen(() => void this.#sweep()) ?? (() => undefined);
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  /** Ends; messages under way are waited for. What waits stays in the store. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    clearInterval(this.#sweeper);
    this.#unsubscribe();
    this.#unlisten();
    this.#queue.clear();
    for (const release of this.#paces.values()) {
      release();
    }
    this.#paces.clear();
    await this.#working;
    await Promise.all(this.#telling.values());
    await this.#changes;
  }

  /** Makes a watch. Rejects with a WatchError (`watch-too-many-yours`, `watch-too-many`) or a StoreError. */
  add(watch: NewWatch): Promise<Watch> {
    return this.#told(this.#change(() => this.#add(watch)));
  }

  async #add(watch: NewWatch): Promise<Watch> {
    const theirs = this.#waiting.filter((one) => one.ownerId === watch.ownerId && one.platform === watch.platform);
    if (theirs.length >= MAX_PER_PERSON) {
      throw new WatchError('watch-too-many-yours', { max: MAX_PER_PERSON });
    }
    if (this.#waiting.length >= MAX_WAITING) {
      throw new WatchError('watch-too-many', { max: MAX_WAITING });
    }
    const created = await this.#settings.repository.create(watch);
    this.#waiting.push(created);
    this.#setPaces();
    return created;
  }

  /** One person's watches, newest first, the ended ones too. Rejects with a StoreError. */
  async list(ownerId: string, platform: string): Promise<readonly Watch[]> {
    const watches = await this.#settings.repository.listByOwner(ownerId);
    return watches.filter((watch) => watch.platform === platform);
  }

  /**
   * Ends a watch. Somebody else's is as unknown as one that never was.
   * Rejects with a WatchError (`watch-unknown`) or a StoreError.
   */
  end(id: number, ownerId: string, platform: string): Promise<Watch> {
    return this.#told(this.#change(() => this.#end(id, ownerId, platform)));
  }

  async #end(id: number, ownerId: string, platform: string): Promise<Watch> {
    const watch = await this.#settings.repository.get(id);
    const theirs = watch !== null && watch.ownerId === ownerId && watch.platform === platform;
    if (!theirs || !(await this.#settings.repository.settle(id, 'stopped', this.#now()))) {
      throw new WatchError('watch-unknown', { id });
    }
    this.#forget(watch);
    return watch;
  }

  /** Watches that wait, by server; `null`: any. */
  waiting(): ReadonlyMap<string | null, number> {
    const counts = new Map<string | null, number>();
    for (const { server } of this.#waiting) {
      counts.set(server, (counts.get(server) ?? 0) + 1);
    }
    return counts;
  }

  /** How a question stands on a server right now, beside what is kept for others. `null`: it cannot be told. */
  async look(
    server: Server,
    snapshot: ServerSnapshot,
    question: WatchQuestion,
    personId: string,
  ): Promise<WatchLook | null> {
    if (!allowsVerdict(snapshot)) {
      return null;
    }
    const nowMs = this.#now();
    const replaced = question.kind === 'when-fits' ? this.#replaced(server, snapshot, question.spec.name) : [];
    const room = roomOf(snapshot, server.config, replaced);
    if (room.uuids.length === 0) {
      return null;
    }
    const judge = async (promised: ReadonlyMap<string, number>): Promise<boolean> => {
      const free = freeAfter(room, promised);
      const booked = this.#bookedFor(server, snapshot, personId, nowMs);
      if (question.kind === 'when-free') {
        return judgeBytes(notBooked(room, beyondReserve(room, free), booked), question.freeBytes).fits;
      }
      const need = this.#models.newNeed(question.spec, server);
      return keepsOff(room, await need.decide(question.numCtx, room, free, nowMs), booked).fits;
    };
    if (!(await judge(new Map()))) {
      return { fits: false, promised: false };
    }
    const fits = await judge(this.#claims.get(server.name)?.promised(personId) ?? new Map());
    return { fits, promised: !fits };
  }

  #bookedFor(server: Server, snapshot: ServerSnapshot, personId: string, nowMs: number): ReadonlySet<string> {
    return bookedGpus(this.#settings.reservations?.(server.name) ?? [], snapshot, personId, nowMs);
  }

  #replaced(server: Server, snapshot: ServerSnapshot, model: string): readonly string[] {
    return this.#settings.weights.replacedByKnown(server, snapshot, { name: model });
  }

  /** Takes a new snapshot: the work begins at the next turn, one server after the other. */
  observe(snapshot: ServerSnapshot): void {
    if (this.#stopped.signal.aborted || this.#waiting.length === 0) {
      return;
    }
    const server = this.#settings.registry.get(snapshot.name);
    if (server === null || !allowsVerdict(snapshot) || !this.#settings.leader.leads()) {
      return;
    }
    const readAtMs = snapshot.gpus!.takenAtMs;
    if (this.#seen.get(server) === readAtMs) {
      return;
    }
    this.#seen.set(server, readAtMs);
    this.#queue.set(server, snapshot);
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /** Resolves when every snapshot taken so far is dealt with and everybody is told. */
  async idle(): Promise<void> {
    while (this.#working !== null || this.#telling.size > 0) {
      await this.#working;
      await Promise.all(this.#telling.values());
    }
  }

  async #work(): Promise<void> {
    await nextTurn();
    for (let next = this.#takeNext(); next !== null; next = this.#takeNext()) {
      try {
        await this.#pass(next[0], next[1]);
      } catch (error) {
        this.#settings.log.error({ err: error, server: next[0].name }, 'watches could not be looked at');
      }
    }
  }

  #takeNext(): readonly [Server, ServerSnapshot] | null {
    for (const [server, snapshot] of this.#queue) {
      this.#queue.delete(server);
      return [server, snapshot];
    }
    return null;
  }

  /** Goes through a server's watches, oldest first; what one of them would take is not there for the next. */
  async #pass(server: Server, snapshot: ServerSnapshot): Promise<void> {
    const nowMs = this.#now();
    const claims = this.#claimsOf(server.name);
    const own = roomOf(snapshot, server.config, []);
    await this.#renewClaims(server, snapshot, own, nowMs);
    const promised = claims.settle(snapshot, nowMs);
    // For a model whose weights are loaded already their memory is free; all others share one room.
    const rooms = new Map<string, Room>([['', own]]);
    const roomFor = (model: string): Room => {
      const replaced = this.#replaced(server, snapshot, model);
      const key = replaced.join(' ');
      const room = rooms.get(key) ?? roomOf(snapshot, server.config, replaced);
      rooms.set(key, room);
      return room;
    };
    const roomsByModel = new Map<string, Room>();
    // Answers hold until somebody is found to have room; then the memory is another.
    let answers = new Map<string, boolean>();
    let found = 0;
    let sliceEnd = performance.now() + SLICE_MS;
    const exactId = this.#nextExact();
    for (const watch of [...this.#waiting]) {
      if (performance.now() > sliceEnd) {
        await nextTurn();
        sliceEnd = performance.now() + SLICE_MS;
      }
      if (this.#stopped.signal.aborted || found >= MAX_FOUND) {
        return;
      }
      if (watch.server !== null && watch.server !== server.name) {
        continue;
      }
      if (watch.expiresAtMs <= nowMs || this.#telling.has(watch.id)) {
        continue;
      }
      if (!this.#settings.platforms.includes(watch.platform)) {
        continue;
      }
      const need = watch.kind === 'when-fits' ? this.#models.needOf(watch.model ?? '', server) : null;
      if (need === undefined) {
        continue;
      }
      const model = modelKey(watch.model ?? '');
      const room = need === null ? own : (roomsByModel.get(model) ?? roomFor(watch.model ?? ''));
      roomsByModel.set(model, room);
      const numCtx = watch.numCtx ?? 0;
      const booked = this.#bookedFor(server, snapshot, watch.ownerId, nowMs);
      const exactly = async (): Promise<Verdict> =>
        need === null
          ? judgeBytes(notBooked(room, beyondReserve(room, freeAfter(room, promised)), booked), watch.freeBytes ?? 0)
          : keepsOff(room, await need.decide(numCtx, room, freeAfter(room, promised), nowMs), booked);
      // Of what others booked each person sees something else.
      const asked = need === null ? `free ${watch.freeBytes}` : `fits ${watch.model} ${numCtx}`;
      const key = `${asked} ${[...booked].join()}`;
      let answer = answers.get(key);
      if (answer === undefined) {
        const isExact = need === null || watch.id === exactId;
        answer = isExact ? (await exactly()).fits : await need.judge(numCtx, room, freeAfter(room, promised), nowMs);
        answers.set(key, answer);
      }
      // What was concluded is asked for exactly before it takes memory from others or anybody is pinged.
      const verdict = answer ? await exactly() : null;
      const streakKey = `${watch.id} ${server.name}`;
      if (verdict?.fits !== true) {
        this.#streaks.delete(streakKey);
        continue;
      }
      found += 1;
      const takes = new Map(room.uuids.map((uuid, i) => [uuid, verdict.takes[i] ?? 0]));
      const streak = this.#streaks.get(streakKey);
      const next = { sinceMs: streak?.sinceMs ?? nowMs, readings: (streak?.readings ?? 0) + 1 };
      this.#streaks.set(streakKey, next);
      if (next.readings >= READINGS && nowMs - next.sinceMs >= HOLD_MS) {
        claims.make(watch, takes, snapshot, nowMs);
        this.#tell(watch, server, snapshot, need === null ? null : verdict.takes.reduce((sum, one) => sum + one, 0));
      }
      for (const [uuid, bytes] of takes) {
        promised.set(uuid, (promised.get(uuid) ?? 0) + bytes);
      }
      answers = new Map();
    }
  }

  /** Promises of an earlier life, for as long as they hold and the memory is still there. */
  async #renewClaims(server: Server, snapshot: ServerSnapshot, room: Room, nowMs: number): Promise<void> {
    const mine = this.#toldBefore.filter((watch) => watch.server === server.name);
    const free = freeAfter(room, new Map());
    const kept = new Set<Watch>();
    for (const watch of mine) {
      const toldAtMs = watch.settledAtMs ?? 0;
      if (nowMs - toldAtMs >= HAND_OVER_MS) {
        continue;
      }
      const need = watch.kind === 'when-fits' ? this.#models.needOf(watch.model ?? '', server) : null;
      // The model is not known yet: at the next look.
      if (need === undefined) {
        kept.add(watch);
        continue;
      }
      const numCtx = watch.numCtx ?? 0;
      const { fits, takes } =
        need === null
          ? judgeBytes(beyondReserve(room, free), watch.freeBytes ?? 0)
          : await need.decide(numCtx, room, free, nowMs);
      const byGpu = new Map(room.uuids.map((uuid, i) => [uuid, takes[i] ?? 0]));
      if (fits) {
        this.#claimsOf(server.name).make(watch, byGpu, snapshot, toldAtMs);
      }
    }
    this.#toldBefore = this.#toldBefore.filter((watch) => !mine.includes(watch) || kept.has(watch));
  }

  /** One watch a minute, in turn, gets an exact answer: what is concluded from other contexts can be wrong. */
  #nextExact(): number | null {
    const nowMs = this.#now();
    if (nowMs - this.#exactAtMs < EXACT_PACE_MS) {
      return null;
    }
    this.#exactAtMs = nowMs;
    this.#turn = (this.#turn + 1) % Math.max(1, this.#waiting.length);
    return this.#waiting[this.#turn]?.id ?? null;
  }

  #tell(watch: Watch, server: Server, snapshot: ServerSnapshot, needBytes: number | null): void {
    const { sum = 0, max = 0 } = snapshot.figures.freeNow ?? {};
    const work = (async () => {
      const news = { watch, server: server.name, freeBytes: sum, freeMaxBytes: max, needBytes };
      const delivery = await this.#settings.deliver(news);
      if (delivery !== 'sent') {
        this.#claimsOf(server.name).drop(watch.id);
      }
      if (delivery === 'later') {
        return;
      }
      // Told first, then settled: killed in between, it is sent again under the same nonce and stays one message.
      await this.#change(async () => {
        await this.#settings.repository.settle(watch.id, delivery === 'sent' ? 'told' : 'stopped', this.#now());
        this.#forget(watch);
      });
    })()
      .catch((error: unknown) => this.#settings.log.error({ err: error, watch: watch.id }, 'a watch was not settled'))
      .finally(() => this.#telling.delete(watch.id));
    this.#telling.set(watch.id, work);
  }

  #claimsOf(server: string): Claims {
    const claims = this.#claims.get(server) ?? new Claims();
    this.#claims.set(server, claims);
    return claims;
  }

  #forget(watch: Watch): void {
    this.#waiting = this.#waiting.filter((one) => one.id !== watch.id);
    this.#setPaces();
  }

  /** The fast pace of sampling for servers that somebody waits for. */
  #setPaces(): void {
    const mine = this.#waiting.filter((watch) => this.#settings.platforms.includes(watch.platform));
    const wanted = new Set(mine.map((watch) => watch.server ?? ''));
    if (this.#stopped.signal.aborted) {
      wanted.clear();
    }
    for (const [server, release] of this.#paces) {
      if (wanted.has(server)) {
        continue;
      }
      release();
      this.#paces.delete(server);
    }
    for (const server of wanted) {
      if (this.#paces.has(server)) {
        continue;
      }
      this.#paces.set(server, server === '' ? this.#settings.sampler.watch() : this.#settings.sampler.watch(server));
    }
  }

  async #told<T>(change: Promise<T>): Promise<T> {
    const result = await change;
    this.#settings.others?.tell();
    return result;
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => undefined);
    return done;
  }

  async #reload(): Promise<void> {
    this.#waiting = [...(await this.#settings.repository.waiting())];
    this.#setPaces();
  }

  async #sweep(): Promise<void> {
    try {
      await this.#change(async () => {
        const nowMs = this.#now();
        for (const watch of this.#waiting) {
          if (watch.expiresAtMs > nowMs || this.#telling.has(watch.id)) {
            continue;
          }
          await this.#settings.repository.settle(watch.id, 'expired', nowMs);
        }
        await this.#reload();
      });
      const ids = new Set(this.#waiting.map((watch) => String(watch.id)));
      for (const key of this.#streaks.keys()) {
        if (!ids.has(key.split(' ', 1)[0]!)) {
          this.#streaks.delete(key);
        }
      }
      const used = new Set(this.#waiting.map((watch) => watch.model ?? ''));
      this.#models.keep(used);
    } catch (error) {
      this.#settings.log.error({ err: error }, 'the store of watches does not answer');
    }
  }
}
