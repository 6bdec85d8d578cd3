import type { StoreErrorCode } from './errors.ts';

/**
 * What is kept. Sizes are bytes, instants milliseconds since the epoch. Names of people and models are
 * UNTRUSTED text: escape them where they are shown.
 */

export type Json = Readonly<Record<string, unknown>>;

/** One GPU at one moment. */
export interface GpuSample {
  readonly server: string;
  readonly gpuUuid: string;
  readonly gpuName: string;
  readonly atMs: number;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
  /** Held by Ollama; `null` when not known. */
  readonly ollamaBytes: number | null;
  readonly utilPct: number | null;
  readonly tempC: number | null;
  readonly powerW: number | null;
}

/** Samples of one GPU in one span of time. */
export interface GpuBucket {
  readonly server: string;
  readonly gpuUuid: string;
  readonly gpuName: string;
  /** Begin of the span. */
  readonly atMs: number;
  /** Begin of the last kept span in it. */
  readonly lastMs: number;
  readonly samples: number;
  readonly totalBytes: number;
  readonly usedAvgBytes: number;
  readonly usedMaxBytes: number;
  readonly freeMinBytes: number;
  readonly ollamaAvgBytes: number | null;
  readonly utilAvgPct: number | null;
  readonly tempMaxC: number | null;
  readonly powerMaxW: number | null;
}

/** Lengths of the spans that are kept, ms. `10_000` holds the samples themselves. */
export const BUCKET_MS = [10_000, 60_000, 600_000, 3_600_000] as const;
export type BucketMs = (typeof BUCKET_MS)[number];

export interface SampleRepository {
  /** Writes samples and all coarser spans, at most 100 GPUs a transaction; pass fewer than 100 at a time. */
  add(samples: readonly GpuSample[]): Promise<void>;
  /**
   * Spans of a server that begin in [fromMs, toMs), by GPU and time.
   * @param stepMs puts them together to spans of this length, counted from `fromMs`; default `bucketMs`
   */
  buckets(
    server: string,
    bucketMs: BucketMs,
    fromMs: number,
    toMs: number,
    stepMs?: number,
  ): Promise<readonly GpuBucket[]>;
  /** Deletes what is too old or too much, at most `limit` rows (default 250). @returns whether more is to be done */
  prune(nowMs: number, limit?: number): Promise<boolean>;
  count(): Promise<number>;
}

export interface AuditEntry {
  readonly atMs: number;
  readonly personId: string;
  readonly personName: string;
  readonly platform: string;
  readonly guildId: string | null;
  readonly channelId: string | null;
  /** `load`, `unload`, `pull`, `delete`, `hold-override`, `refused`, … */
  readonly action: string;
  readonly server: string | null;
  /** Mostly a model. */
  readonly target: string | null;
  /** Arguments after normalisation. Never secrets. */
  readonly args: Json;
  readonly result: 'ok' | 'failed' | 'refused' | 'canceled';
  /** Code of the failure or the refusal. */
  readonly code: string | null;
  readonly vramBeforeBytes: number | null;
  readonly vramAfterBytes: number | null;
}

export interface AuditRow extends AuditEntry {
  readonly id: number;
}

export interface AuditQuery {
  readonly server?: string;
  readonly personId?: string;
  readonly action?: string;
  /** Only rows older than this id: the next page. */
  readonly beforeId?: number;
  /** Default 50, at most 500. */
  readonly limit?: number;
}

/**
 * Append-only: the database itself refuses changes, and deletions but of rows that are a year old or have a hundred
 * thousand after them.
 */
export interface AuditRepository {
  append(entry: AuditEntry): Promise<number>;
  /** Drops those rows. */
  prune(nowMs: number): Promise<void>;
  /** Newest first. */
  list(query?: AuditQuery): Promise<readonly AuditRow[]>;
}

/** A claim on a loaded model. */
export interface Hold {
  readonly server: string;
  readonly model: string;
  readonly holderId: string;
  readonly holderName: string;
  readonly platform: string;
  readonly guildId: string | null;
  readonly channelId: string | null;
  readonly sinceMs: number;
  /** `null`: until it is released. */
  readonly untilMs: number | null;
  /** Context it was loaded with, tokens. */
  readonly numCtx: number | null;
}

export interface HoldRepository {
  /** Sets the hold of a model, in the place of an earlier one. */
  put(hold: Hold): Promise<void>;
  /** The hold in force at `nowMs`. */
  get(server: string, model: string, nowMs: number): Promise<Hold | null>;
  /** Holds in force, by server and model. */
  list(nowMs: number, server?: string): Promise<readonly Hold[]>;
  /** @returns whether there was one in force, of this holder when one is named */
  extend(server: string, model: string, untilMs: number | null, nowMs: number, holderId?: string): Promise<boolean>;
  release(server: string, model: string, holderId?: string): Promise<boolean>;
  /** Removes and returns the holds that have ended. */
  takeExpired(nowMs: number): Promise<readonly Hold[]>;
}

/** A load with what was predicted and what came, for calibration. */
export interface Observation {
  readonly atMs: number;
  readonly server: string;
  readonly model: string;
  readonly digest: string | null;
  readonly ollamaVersion: string;
  readonly engine: string;
  readonly numCtx: number;
  /** What was asked for and assumed: slots, batch, KV type, flash attention. */
  readonly request: Json;
  /** The plan's figures. */
  readonly predicted: Json;
  /** What /api/ps and the GPUs showed. */
  readonly actual: Json;
  /** The GPUs before: names, totals, free. */
  readonly gpus: readonly Json[];
}

export interface ObservationRow extends Observation {
  readonly id: number;
}

export interface ObservationRepository {
  /** Keeps the newest 5,000. */
  add(observation: Observation): Promise<number>;
  /** Newest first; default limit 200. */
  list(query?: {
    readonly server?: string;
    readonly model?: string;
    readonly limit?: number;
  }): Promise<readonly ObservationRow[]>;
}

export interface NewSchedule {
  readonly ownerId: string;
  readonly ownerName: string;
  readonly platform: string;
  readonly guildId: string | null;
  readonly channelId: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly mode: 'post' | 'live';
  /** `null`: all servers. */
  readonly server: string | null;
  readonly locale: string;
  readonly createdAtMs: number;
}

export interface Schedule extends NewSchedule {
  readonly id: number;
  readonly state: 'active' | 'stopped';
  readonly stopReason: string | null;
  /** The latest due time that was taken up; a due time is taken up once. */
  readonly lastDueMs: number | null;
  readonly lastPostedMs: number | null;
  /** The message of a live post, or of the latest post. */
  readonly messageId: string | null;
  /** Marks the post under way, so that a post that was sent before a crash is recognised. */
  readonly nonce: string | null;
}

export type SchedulePatch = Partial<
  Pick<Schedule, 'state' | 'stopReason' | 'lastPostedMs' | 'messageId' | 'nonce' | 'channelId' | 'lastDueMs'>
>;

export interface ScheduleRepository {
  create(schedule: NewSchedule): Promise<Schedule>;
  get(id: number): Promise<Schedule | null>;
  list(query?: {
    readonly state?: 'active' | 'stopped';
    readonly guildId?: string | null;
  }): Promise<readonly Schedule[]>;
  /** Takes up a due time with a nonce. @returns false when it, or a later one, was taken up already */
  claim(id: number, dueMs: number, nonce: string): Promise<boolean>;
  update(id: number, patch: SchedulePatch): Promise<boolean>;
  remove(id: number): Promise<boolean>;
}

export interface NewWatch {
  readonly kind: 'when-fits' | 'when-free';
  readonly ownerId: string;
  readonly ownerName: string;
  readonly platform: string;
  readonly guildId: string | null;
  readonly channelId: string | null;
  /** `null`: any server. */
  readonly server: string | null;
  /** For `when-fits`. */
  readonly model: string | null;
  readonly numCtx: number | null;
  /** For `when-free`. */
  readonly freeBytes: number | null;
  readonly locale: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export interface Watch extends NewWatch {
  readonly id: number;
  readonly state: 'waiting' | 'told' | 'expired' | 'stopped';
  readonly settledAtMs: number | null;
}

export interface WatchRepository {
  create(watch: NewWatch): Promise<Watch>;
  get(id: number): Promise<Watch | null>;
  /** Waiting ones, oldest first: that is the fair order. */
  waiting(): Promise<readonly Watch[]>;
  listByOwner(ownerId: string): Promise<readonly Watch[]>;
  /** Told since a moment, oldest first; at most 100. */
  toldSince(sinceMs: number): Promise<readonly Watch[]>;
  /** Ends a waiting watch. @returns false when it is not waiting any more: somebody else was quicker */
  settle(id: number, state: 'told' | 'expired' | 'stopped', atMs: number): Promise<boolean>;
}

export interface AlertBegin {
  readonly server: string;
  /** `gpu-missing`, `model-spilled`, `ollama-down`, … */
  readonly kind: string;
  /** What it is about: a UUID, a model; empty for the server itself. */
  readonly subject: string;
  readonly params: Json;
  readonly atMs: number;
}

export interface Alert {
  readonly id: number;
  readonly server: string;
  readonly kind: string;
  readonly subject: string;
  readonly params: Json;
  readonly beganAtMs: number;
  readonly endedAtMs: number | null;
  readonly channelId: string | null;
  readonly messageId: string | null;
}

export interface AlertRepository {
  /** Begins an alert, or returns the one of the same server, kind and subject that is open. */
  begin(alert: AlertBegin): Promise<{ readonly alert: Alert; readonly isNew: boolean }>;
  /** Ends the open one. @returns it as it is now; `null` when there was none */
  end(server: string, kind: string, subject: string, atMs: number): Promise<Alert | null>;
  open(server?: string): Promise<readonly Alert[]>;
  /** Newest first; default limit 100. */
  recent(sinceMs: number, limit?: number): Promise<readonly Alert[]>;
  setMessage(id: number, channelId: string, messageId: string): Promise<void>;
}

/** Use of one model on one server on one day (UTC). */
export interface UsageDay {
  readonly server: string;
  readonly model: string;
  /** `2026-11-23`. */
  readonly day: string;
  readonly loads: number;
  readonly loadedMs: number;
  readonly peakVramBytes: number;
  readonly lastSeenMs: number;
}

export interface UsageTotal {
  readonly server: string;
  readonly model: string;
  readonly days: number;
  readonly loads: number;
  readonly loadedMs: number;
  readonly peakVramBytes: number;
  readonly lastSeenMs: number;
}

export interface UsageRepository {
  /** Adds to the day of `atMs`. */
  add(use: {
    readonly server: string;
    readonly model: string;
    readonly atMs: number;
    /** 1 when it was not loaded at the last look. */
    readonly loads: number;
    /** Time since the last look. */
    readonly loadedMs: number;
    readonly vramBytes: number;
  }): Promise<void>;
  /** Per server and model since a moment, most loaded time first. */
  totals(sinceMs: number, server?: string): Promise<readonly UsageTotal[]>;
  /** Deletes days before a moment. */
  prune(beforeMs: number): Promise<void>;
}

/** One model of a set that is kept. */
export interface KeptModel {
  readonly name: string;
  /** Tokens; `null` = what the server takes. */
  readonly numCtx: number | null;
  /** The context is not to be shortened. */
  readonly pinned: boolean;
}

/** A set of models under a name. */
export interface ModelSet {
  /** Empty at a terminal. */
  readonly guildId: string;
  readonly name: string;
  readonly models: readonly KeptModel[];
  readonly ownerId: string;
  readonly ownerName: string;
  readonly createdAtMs: number;
}

/** Sets of a guild; names are the same in any case of letters. */
export interface ModelSetRepository {
  /** Keeps a set, in the place of one of that name. @returns false when the guild has `most` others already */
  put(set: ModelSet, most: number): Promise<boolean>;
  get(guildId: string, name: string): Promise<ModelSet | null>;
  /** By name. */
  list(guildId: string): Promise<readonly ModelSet[]>;
  remove(guildId: string, name: string): Promise<boolean>;
}

export interface NewSetSchedule {
  readonly ownerId: string;
  readonly ownerName: string;
  readonly platform: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly setName: string;
  /** `null`: the default one. */
  readonly server: string | null;
  readonly startCron: string;
  /** `null`: the models leave by their own time. */
  readonly endCron: string | null;
  readonly timeZone: string;
  readonly locale: string;
  readonly createdAtMs: number;
}

/** When a set is loaded, and when it leaves. */
export interface SetSchedule extends NewSetSchedule {
  readonly id: number;
  /** The latest due times that were taken up; each is taken up once. */
  readonly startDueMs: number | null;
  readonly endDueMs: number | null;
}

export interface SetScheduleRepository {
  /** @returns `null` when the guild has `most` already */
  create(schedule: NewSetSchedule, most: number): Promise<SetSchedule | null>;
  get(id: number): Promise<SetSchedule | null>;
  /** By id. */
  list(guildId?: string): Promise<readonly SetSchedule[]>;
  /** Takes up a due time. @returns false when it, or a later one, was taken up already */
  claim(id: number, what: 'start' | 'end', dueMs: number): Promise<boolean>;
  remove(id: number): Promise<boolean>;
}

/** An answer that its process has not finished. */
export interface OpenAnswerRow {
  /** Empty where only the ticket leads to the message: one that its asker alone sees. */
  readonly channelId: string;
  readonly messageId: string;
  /** What the platform gave to answer with; it is void after a while. Never shown or logged. */
  readonly ticket: string | null;
  /** What was asked: `/load`. */
  readonly title: string;
  readonly locale: 'en' | 'zh-CN';
}

export interface OpenAnswerRepository {
  /** @returns its id */
  add(answer: OpenAnswerRow, untilMs: number): Promise<number>;
  renew(ids: readonly number[], untilMs: number): Promise<void>;
  /** Which message the answer is. */
  place(id: number, message: Pick<OpenAnswerRow, 'channelId' | 'messageId'>): Promise<void>;
  remove(id: number): Promise<void>;
  /** Those whose time has passed; each is given once, to one process. */
  takeLapsed(nowMs: number): Promise<readonly OpenAnswerRow[]>;
}

/** What people asked for, each by one of several processes that hear of it. */
export interface InteractionRepository {
  /** @returns false when a process has claimed it already */
  claim(id: string, nowMs: number): Promise<boolean>;
  /** Forgets those before a moment. */
  prune(beforeMs: number): Promise<void>;
}

/** A name that this program made on a server: a model derived from another, with its context baked in. */
export interface MadeAlias {
  readonly server: string;
  /** One spelling for all (`modelKey`). */
  readonly alias: string;
  /** Of the manifest as it was made, hex: a name whose digest is another one was changed by somebody else since. */
  readonly digest: string;
  /** What it was made from, as the server spells it. */
  readonly base: string;
  readonly numCtx: number;
  readonly madeAtMs: number;
  /** A person's id. */
  readonly madeBy: string;
}

export interface MadeAliasRepository {
  /** Writes it down in the place of what was there under the name. */
  put(alias: MadeAlias): Promise<void>;
  get(server: string, alias: string): Promise<MadeAlias | null>;
  remove(server: string, alias: string): Promise<void>;
}

/** How fast a loaded model was. */
export interface Bench {
  readonly atMs: number;
  readonly server: string;
  /** One spelling for all (`modelKey`). */
  readonly model: string;
  readonly digest: string;
  /** Context it was loaded with, tokens; `null`: Ollama did not tell. */
  readonly numCtx: number | null;
  /** 0 to 1: the part of it that was on GPUs; `null`: not known. */
  readonly gpuShare: number | null;
  /** The GPUs that it lay on, with the bytes held there as far as that was known. */
  readonly gpus: readonly Json[];
  readonly ollamaVersion: string;
  readonly promptTokens: number;
  /** `null`: the prompt was too short to tell. */
  readonly promptPerSecond: number | null;
  readonly generatedTokens: number;
  readonly generatedPerSecond: number;
}

export interface BenchRepository {
  /** Keeps the newest 5,000. */
  add(bench: Bench): Promise<void>;
  /** Newest first; default limit 200. */
  list(query: { readonly server: string; readonly model?: string; readonly limit?: number }): Promise<readonly Bench[]>;
}

/** A GPU that somebody booked. */
export interface ReservedGpu {
  readonly uuid: string;
  /** Position among the server's GPUs when it was booked. */
  readonly index: number;
}

export interface NewReservation {
  readonly server: string;
  /** Empty: the whole server. */
  readonly gpus: readonly ReservedGpu[];
  readonly ownerId: string;
  readonly ownerName: string;
  readonly platform: string;
  readonly guildId: string | null;
  readonly channelId: string | null;
  readonly createdAtMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Reservation extends NewReservation {
  readonly id: number;
}

export interface ReservationRepository {
  /**
   * Books. One person has one booking at a time, and a GPU is booked once at a time: whoever was first has it.
   * @returns the booking, or the one that is in its way
   */
  create(reservation: NewReservation): Promise<{ readonly made: Reservation } | { readonly inTheWay: Reservation }>;
  /** Those that are in force at a moment or later, by their begin. */
  standing(nowMs: number, server?: string): Promise<readonly Reservation[]>;
  /** Ends one. @returns it, or `null` where there is none standing, of this owner when one is named */
  end(id: number, ownerId?: string): Promise<Reservation | null>;
}

/**
 * The whole store. Every method rejects with a StoreError and nothing else. A call has taken effect when its
 * promise resolves; calls that are not waited for may overtake one another.
 */
export interface Store {
  readonly samples: SampleRepository;
  readonly audit: AuditRepository;
  readonly holds: HoldRepository;
  readonly observations: ObservationRepository;
  readonly schedules: ScheduleRepository;
  readonly watches: WatchRepository;
  readonly alerts: AlertRepository;
  readonly usage: UsageRepository;
  readonly openAnswers: OpenAnswerRepository;
  readonly interactions: InteractionRepository;
  readonly madeAliases: MadeAliasRepository;
  readonly modelSets: ModelSetRepository;
  readonly setSchedules: SetScheduleRepository;
  readonly benches: BenchRepository;
  readonly reservations: ReservationRepository;
  /** Writes a row, reads it and takes it away again: `null`, or why that cannot be done right now. */
  check(): Promise<StoreErrorCode | null>;
  close(): Promise<void>;
}
