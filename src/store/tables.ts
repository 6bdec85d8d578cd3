import type { Generated } from 'kysely';

/** The tables as they are after the newest migration, on either database. Sizes are bytes, instants ms since the epoch. */
export interface Tables {
  gpus: GpuTable;
  gpu_samples: GpuSampleTable;
  audit: AuditTable;
  holds: HoldTable;
  observations: ObservationTable;
  schedules: ScheduleTable;
  watches: WatchTable;
  alerts: AlertTable;
  model_usage: UsageTable;
  open_answers: OpenAnswerTable;
  interactions: InteractionTable;
  made_aliases: MadeAliasTable;
  model_sets: ModelSetTable;
  set_schedules: SetScheduleTable;
  benches: BenchTable;
  reservations: ReservationTable;
  probes: ProbeTable;
}

interface GpuTable {
  id: Generated<number>;
  server: string;
  uuid: string;
  name: string;
}

/** Sums are kept with their counts, so that spans can be put together. */
export interface GpuSampleTable {
  bucket_ms: number;
  gpu_id: number;
  at_ms: number;
  samples: number;
  total: number;
  used_sum: number;
  used_max: number;
  free_min: number;
  ollama_sum: number | null;
  ollama_n: number;
  util_sum: number | null;
  util_n: number;
  temp_max: number | null;
  power_max: number | null;
}

/** Rows are only ever added: triggers refuse everything else. */
export interface AuditTable {
  id: Generated<number>;
  at_ms: number;
  person_id: string;
  person_name: string;
  platform: string;
  guild_id: string | null;
  channel_id: string | null;
  action: string;
  server: string | null;
  target: string | null;
  /** JSON. */
  args: string;
  result: string;
  code: string | null;
  vram_before: number | null;
  vram_after: number | null;
}

export interface HoldTable {
  server: string;
  model: string;
  holder_id: string;
  holder_name: string;
  platform: string;
  guild_id: string | null;
  channel_id: string | null;
  since_ms: number;
  until_ms: number | null;
  num_ctx: number | null;
}

/** `request`, `predicted`, `actual` and `gpus` are JSON. */
export interface ObservationTable {
  id: Generated<number>;
  at_ms: number;
  server: string;
  model: string;
  digest: string | null;
  ollama_version: string;
  engine: string;
  num_ctx: number;
  request: string;
  predicted: string;
  actual: string;
  gpus: string;
}

export interface ScheduleTable {
  id: Generated<number>;
  owner_id: string;
  owner_name: string;
  platform: string;
  guild_id: string | null;
  channel_id: string;
  cron: string;
  time_zone: string;
  mode: string;
  server: string | null;
  locale: string;
  created_at_ms: number;
  state: string;
  stop_reason: string | null;
  last_due_ms: number | null;
  last_posted_ms: number | null;
  message_id: string | null;
  nonce: string | null;
}

export interface WatchTable {
  id: Generated<number>;
  kind: string;
  owner_id: string;
  owner_name: string;
  platform: string;
  guild_id: string | null;
  channel_id: string | null;
  server: string | null;
  model: string | null;
  num_ctx: number | null;
  free_bytes: number | null;
  locale: string;
  created_at_ms: number;
  expires_at_ms: number;
  state: string;
  settled_at_ms: number | null;
}

export interface AlertTable {
  id: Generated<number>;
  server: string;
  kind: string;
  subject: string;
  /** JSON. */
  params: string;
  began_at_ms: number;
  ended_at_ms: number | null;
  channel_id: string | null;
  message_id: string | null;
}

interface UsageTable {
  server: string;
  model: string;
  /** Of UTC, `2026-11-23`. */
  day: string;
  loads: number;
  loaded_ms: number;
  peak_vram: number;
  last_seen_ms: number;
}

interface OpenAnswerTable {
  id: Generated<number>;
  channel_id: string;
  message_id: string;
  title: string;
  locale: string;
  until_ms: number;
  ticket: string | null;
}

/** Rows that are written to see that rows can be written. */
export interface MadeAliasTable {
  server: string;
  alias: string;
  digest: string;
  base: string;
  num_ctx: number;
  made_at_ms: number;
  made_by: string;
}

interface ProbeTable {
  id: Generated<number>;
  at_ms: number;
}

interface InteractionTable {
  /** As the platform calls it. */
  id: string;
  at_ms: number;
}

export interface ModelSetTable {
  /** Empty at a terminal. */
  guild_id: string;
  /** The name as it is compared. */
  set_key: string;
  name: string;
  /** JSON. */
  models: string;
  owner_id: string;
  owner_name: string;
  created_at_ms: number;
}

export interface SetScheduleTable {
  id: Generated<number>;
  owner_id: string;
  owner_name: string;
  platform: string;
  guild_id: string;
  channel_id: string;
  set_name: string;
  server: string | null;
  start_cron: string;
  end_cron: string | null;
  time_zone: string;
  locale: string;
  created_at_ms: number;
  start_due_ms: number | null;
  end_due_ms: number | null;
}

export interface BenchTable {
  id: Generated<number>;
  at_ms: number;
  server: string;
  model: string;
  digest: string;
  num_ctx: number | null;
  gpu_share: number | null;
  /** JSON. */
  gpus: string;
  ollama_version: string;
  prompt_tokens: number;
  prompt_per_second: number | null;
  generated_tokens: number;
  generated_per_second: number;
}

export interface ReservationTable {
  id: Generated<number>;
  server: string;
  /** JSON; empty = the whole server. */
  gpus: string;
  owner_id: string;
  owner_name: string;
  platform: string;
  guild_id: string | null;
  channel_id: string | null;
  created_at_ms: number;
  from_ms: number;
  until_ms: number;
  state: string;
}
