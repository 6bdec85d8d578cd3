import { type Expression, expressionBuilder, type Insertable, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { GpuSampleTable, Tables } from '../tables.ts';
import { BUCKET_MS, type BucketMs, type GpuBucket, type GpuSample, type SampleRepository } from '../types.ts';
import { whole } from './columns.ts';

const HOUR_MS = 3_600_000;
/** GPUs written in one transaction at most. */
const MAX_AT_ONCE = 100;

/** How long spans are kept, ms, and how many rows of a length at most: 50 servers with 8 GPUs each fit in. */
const KEEP: Readonly<Record<BucketMs, { readonly ageMs: number; readonly rows: number }>> = {
  10000: { ageMs: 2 * HOUR_MS, rows: 400_000 },
  60000: { ageMs: 26 * HOUR_MS, rows: 700_000 },
  600000: { ageMs: 8 * 24 * HOUR_MS, rows: 500_000 },
  3600000: { ageMs: 90 * 24 * HOUR_MS, rows: 900_000 },
};

/** What a sample adds to a span that is there: sums grow, peaks rise, what is not known changes nothing. */
const ADDED = {
  samples: sql<number>`gpu_samples.samples + excluded.samples`,
  total: sql<number>`excluded.total`,
  used_sum: sql<number>`gpu_samples.used_sum + excluded.used_sum`,
  used_max: larger('used_max'),
  free_min: sql<number>`case when excluded.free_min < gpu_samples.free_min then excluded.free_min else gpu_samples.free_min end`,
  ollama_sum: sumOfKnown('ollama_sum'),
  ollama_n: sql<number>`gpu_samples.ollama_n + excluded.ollama_n`,
  util_sum: sumOfKnown('util_sum'),
  util_n: sql<number>`gpu_samples.util_n + excluded.util_n`,
  temp_max: larger('temp_max'),
  power_max: larger('power_max'),
};

/** The larger of two, in words that both databases know; one that is unknown does not count. */
function larger(column: string): RawBuilder<number> {
  const [is, was] = [sql.ref(`excluded.${column}`), sql.ref(`gpu_samples.${column}`)];
  return sql<number>`coalesce(case when ${is} > ${was} then ${is} else ${was} end, ${is})`;
}

function sumOfKnown(column: string): RawBuilder<number> {
  const [is, was] = [sql.ref(`excluded.${column}`), sql.ref(`gpu_samples.${column}`)];
  return sql<number>`coalesce(${was} + ${is}, ${was}, ${is})`;
}

/**
 * History of GPU memory. Each sample is written into its own 10 s span and into the 1 min, 10 min and 1 h spans it
 * belongs to at once, so that there is no roll-up job that could be missed; old spans are deleted in small steps.
 */
export function createSampleRepository(db: Database): SampleRepository {
  const ids = new Map<string, number>();

  async function gpuId(transaction: Database, sample: GpuSample): Promise<number> {
    const known = ids.get(keyOf(sample));
    if (known !== undefined) {
      return known;
    }
    const { id } = await transaction
      .insertInto('gpus')
      .values({ server: sample.server, uuid: sample.gpuUuid, name: sample.gpuName })
      .onConflict((conflict) => conflict.columns(['server', 'uuid']).doUpdateSet({ name: sample.gpuName }))
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  return {
    async add(samples) {
      const found = new Map<string, number>();
      const taken = samples.slice(0, MAX_AT_ONCE);
      await db.transaction().execute(async (transaction) => {
        for (const sample of taken) {
          found.set(keyOf(sample), found.get(keyOf(sample)) ?? (await gpuId(transaction, sample)));
        }
        for (const round of withoutRepeats(taken)) {
          await transaction
            .insertInto('gpu_samples')
            .values(round.flatMap((sample) => spansOf(sample, found.get(keyOf(sample))!)))
            .onConflict((conflict) => conflict.columns(['bucket_ms', 'gpu_id', 'at_ms']).doUpdateSet(ADDED))
            .execute();
        }
      });
      // Remembered only now: a rolled-back insert must not leave its id behind.
      for (const [key, id] of found) {
        ids.set(key, id);
      }
    },
    async buckets(server, bucketMs, fromMs, toMs, stepMs = bucketMs) {
      // Put together here and not in JavaScript: a day of eight GPUs is 11,520 rows and 1,920 points. The casts are
      // needed: without them PostgreSQL takes the parameters for numbers of 32 bits.
      const step = sql<number>`(s.at_ms - cast(${whole(fromMs)} as bigint)) / cast(${whole(stepMs)} as bigint)`;
      const rows = await db
        .selectFrom('gpus as g')
        // SQLite keeps the order of a cross join's tables; else its planner walks through all servers' samples by time.
        .crossJoin('gpu_samples as s')
        .whereRef('s.gpu_id', '=', 'g.id')
        .where('g.server', '=', server)
        .where('s.bucket_ms', '=', bucketMs)
        .where('s.at_ms', '>=', whole(fromMs))
        .where('s.at_ms', '<', whole(toMs))
        .select(['g.id', 'g.server', 'g.uuid', 'g.name', step.as('step')])
        .select(({ fn }) => [
          fn.max<number>('s.at_ms').as('last_ms'),
          fn.sum<number>('s.samples').as('samples'),
          fn.max<number>('s.total').as('total'),
          fn.sum<number>('s.used_sum').as('used_sum'),
          fn.max<number>('s.used_max').as('used_max'),
          fn.min<number>('s.free_min').as('free_min'),
          fn.sum<number | null>('s.ollama_sum').as('ollama_sum'),
          fn.sum<number>('s.ollama_n').as('ollama_n'),
          fn.sum<number | null>('s.util_sum').as('util_sum'),
          fn.sum<number>('s.util_n').as('util_n'),
          fn.max<number | null>('s.temp_max').as('temp_max'),
          fn.max<number | null>('s.power_max').as('power_max'),
        ])
        .groupBy(['g.id', 'step'])
        .orderBy('g.id')
        .orderBy('step')
        .execute();
      return rows.map(
        (row): GpuBucket => ({
          server: row.server,
          gpuUuid: row.uuid,
          gpuName: row.name,
          atMs: fromMs + row.step * stepMs,
          lastMs: row.last_ms,
          samples: row.samples,
          totalBytes: row.total,
          usedAvgBytes: Math.round(row.used_sum / row.samples),
          usedMaxBytes: row.used_max,
          freeMinBytes: row.free_min,
          ollamaAvgBytes: row.ollama_sum === null ? null : Math.round(row.ollama_sum / row.ollama_n),
          utilAvgPct: row.util_sum === null ? null : row.util_sum / row.util_n,
          tempMaxC: row.temp_max,
          powerMaxW: row.power_max,
        }),
      );
    },
    async prune(nowMs, limit = 250) {
      const gpus = Math.max(1, await countOf(db, 'gpus'));
      let left = limit;
      for (const bucketMs of BUCKET_MS) {
        // Rows = GPUs × spans kept: with more GPUs than foreseen less time is kept, so the store stays bounded.
        const ageMs = Math.min(KEEP[bucketMs].ageMs, Math.floor(KEEP[bucketMs].rows / gpus) * bucketMs);
        left -= await deleteOld(db, bucketMs, whole(nowMs - ageMs), left);
        if (left <= 0) {
          return true;
        }
      }
      const { numDeletedRows } = await db
        .deleteFrom('gpus')
        .where((is) => is.and([3_600_000, 600_000, 60_000, 10_000].map(hasNoSpan)))
        .executeTakeFirstOrThrow();
      if (numDeletedRows > 0n) {
        ids.clear();
      }
      return false;
    },
    count: () => countOf(db, 'gpu_samples'),
  };
}

function keyOf(sample: GpuSample): string {
  return `${sample.server} ${sample.gpuUuid} ${sample.gpuName}`;
}

/** One statement changes a span once: a GPU that comes twice goes into the next statement. */
function withoutRepeats(samples: readonly GpuSample[]): readonly (readonly GpuSample[])[] {
  const rounds: GpuSample[][] = [];
  const seen = new Map<string, number>();
  for (const sample of samples) {
    const key = `${sample.server} ${sample.gpuUuid}`;
    const round = seen.get(key) ?? 0;
    seen.set(key, round + 1);
    rounds[round] ??= [];
    rounds[round].push(sample);
  }
  return rounds;
}

function spansOf(sample: GpuSample, gpuId: number): Insertable<GpuSampleTable>[] {
  return BUCKET_MS.map((bucketMs) => ({
    bucket_ms: bucketMs,
    gpu_id: gpuId,
    at_ms: Math.floor(sample.atMs / bucketMs) * bucketMs,
    samples: 1,
    total: whole(sample.totalBytes),
    used_sum: sample.usedBytes,
    used_max: whole(sample.usedBytes),
    free_min: whole(sample.freeBytes),
    ollama_sum: sample.ollamaBytes,
    ollama_n: sample.ollamaBytes === null ? 0 : 1,
    util_sum: sample.utilPct,
    util_n: sample.utilPct === null ? 0 : 1,
    temp_max: sample.tempC,
    power_max: sample.powerW,
  }));
}

/** @returns how many went */
async function deleteOld(db: Database, bucketMs: BucketMs, beforeMs: number, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from gpu_samples where (bucket_ms, gpu_id, at_ms) in (
      select bucket_ms, gpu_id, at_ms from gpu_samples
      where bucket_ms = ${bucketMs} and at_ms < ${beforeMs} order by at_ms limit ${limit}
    )`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** The 1 h spans live longest: mostly the first of these says it. */
function hasNoSpan(bucketMs: number): Expression<SqlBool> {
  const is = expressionBuilder<Tables, 'gpus'>();
  return is.not(
    is.exists(
      is
        .selectFrom('gpu_samples as s')
        .select('s.at_ms')
        .where('s.bucket_ms', '=', bucketMs)
        .whereRef('s.gpu_id', '=', 'gpus.id'),
    ),
  );
}

async function countOf(db: Database, table: 'gpus' | 'gpu_samples'): Promise<number> {
  const { count } = await db
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
