import { number, numberOrNull, text, whole } from './columns.ts';
import type { Database, Row } from './database.ts';
import { BUCKET_MS, type BucketMs, type GpuBucket, type GpuSample, type SampleRepository } from './types.ts';

const HOUR_MS = 3_600_000;

/** How long spans are kept, ms, and how many rows of a length at most: 50 servers with 8 GPUs each fit in. */
const KEEP: Readonly<Record<BucketMs, { readonly ageMs: number; readonly rows: number }>> = {
  10000: { ageMs: 2 * HOUR_MS, rows: 400_000 },
  60000: { ageMs: 26 * HOUR_MS, rows: 700_000 },
  600000: { ageMs: 8 * 24 * HOUR_MS, rows: 500_000 },
  3600000: { ageMs: 90 * 24 * HOUR_MS, rows: 900_000 },
};

const UPSERT = `
  INSERT INTO gpu_samples (bucket_ms, gpu_id, at_ms, samples, total, used_sum, used_max, free_min, ollama_sum, ollama_n, util_sum, util_n, temp_max, power_max)
  VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (bucket_ms, gpu_id, at_ms) DO UPDATE SET
    samples = samples + 1,
    total = excluded.total,
    used_sum = used_sum + excluded.used_sum,
    used_max = max(used_max, excluded.used_max),
    free_min = min(free_min, excluded.free_min),
    ollama_sum = coalesce(ollama_sum + excluded.ollama_sum, ollama_sum, excluded.ollama_sum),
    ollama_n = ollama_n + excluded.ollama_n,
    util_sum = coalesce(util_sum + excluded.util_sum, util_sum, excluded.util_sum),
    util_n = util_n + excluded.util_n,
    temp_max = coalesce(max(temp_max, excluded.temp_max), temp_max, excluded.temp_max),
    power_max = coalesce(max(power_max, excluded.power_max), power_max, excluded.power_max)`;

/**
 * History of GPU memory. Each sample is written into its own 10 s span and into the 1 min, 10 min and 1 h spans it
 * belongs to at once, so that there is no roll-up job that could be missed; old spans are deleted in small steps.
 */
export function createSampleRepository(db: Database): SampleRepository {
  const ids = new Map<string, number>();

  function gpuId(sample: GpuSample): number {
    const key = `${sample.server} ${sample.gpuUuid} ${sample.gpuName}`;
    const known = ids.get(key);
    if (known !== undefined) {
      return known;
    }
    const row = db.get(
      `INSERT INTO gpus (server, uuid, name) VALUES (?, ?, ?)
       ON CONFLICT (server, uuid) DO UPDATE SET name = excluded.name RETURNING id`,
      sample.server,
      sample.gpuUuid,
      sample.gpuName,
    );
    return number(row ?? {}, 'id');
  }

  function write(sample: GpuSample, id: number): void {
    for (const bucketMs of BUCKET_MS) {
      db.run(
        UPSERT,
        bucketMs,
        id,
        Math.floor(sample.atMs / bucketMs) * bucketMs,
        whole(sample.totalBytes),
        sample.usedBytes,
        whole(sample.usedBytes),
        whole(sample.freeBytes),
        sample.ollamaBytes,
        sample.ollamaBytes === null ? 0 : 1,
        sample.utilPct,
        sample.utilPct === null ? 0 : 1,
        sample.tempC,
        sample.powerW,
      );
    }
  }

  return {
    add(samples) {
      const found = new Map<GpuSample, number>();
      db.transaction(() => {
        for (const sample of samples.slice(0, 100)) {
          const id = gpuId(sample);
          found.set(sample, id);
          write(sample, id);
        }
      });
      // Remembered only now: a rolled-back insert must not leave its id behind.
      for (const [sample, id] of found) {
        ids.set(`${sample.server} ${sample.gpuUuid} ${sample.gpuName}`, id);
      }
    },
    buckets(server, bucketMs, fromMs, toMs, stepMs = bucketMs) {
      // CROSS JOIN keeps the order of the tables: else the planner walks through all servers' samples by time.
      // Put together here and not in JavaScript: a day of eight GPUs is 11,520 rows and 1,920 points. The casts are
      // needed: numbers are bound as REAL, and the division must be that of whole numbers.
      return db
        .all(
          `SELECT g.server, g.uuid, g.name, (s.at_ms - CAST(?3 AS INTEGER)) / CAST(?5 AS INTEGER) AS step, max(s.at_ms) AS last_ms,
             sum(s.samples) AS samples, s.total, sum(s.used_sum) AS used_sum, max(s.used_max) AS used_max,
             min(s.free_min) AS free_min, sum(s.ollama_sum) AS ollama_sum, sum(s.ollama_n) AS ollama_n,
             sum(s.util_sum) AS util_sum, sum(s.util_n) AS util_n, max(s.temp_max) AS temp_max, max(s.power_max) AS power_max
           FROM gpus g CROSS JOIN gpu_samples s ON s.gpu_id = g.id
           WHERE g.server = ?1 AND s.bucket_ms = ?2 AND s.at_ms >= ?3 AND s.at_ms < ?4
           GROUP BY g.id, step ORDER BY g.id, step`,
          server,
          bucketMs,
          whole(fromMs),
          whole(toMs),
          whole(stepMs),
        )
        .map((row) => toBucket(row, fromMs + number(row, 'step') * stepMs));
    },
    prune(nowMs, limit = 250) {
      const gpus = Math.max(1, number(db.get('SELECT count(*) AS n FROM gpus') ?? {}, 'n'));
      let left = limit;
      for (const bucketMs of BUCKET_MS) {
        // Rows = GPUs × spans kept: with more GPUs than foreseen less time is kept, so the file stays bounded.
        const ageMs = Math.min(KEEP[bucketMs].ageMs, Math.floor(KEEP[bucketMs].rows / gpus) * bucketMs);
        left -= db.run(
          `DELETE FROM gpu_samples WHERE (bucket_ms, gpu_id, at_ms) IN
             (SELECT bucket_ms, gpu_id, at_ms FROM gpu_samples WHERE bucket_ms = ? AND at_ms < ? ORDER BY at_ms LIMIT ?)`,
          bucketMs,
          whole(nowMs - ageMs),
          left,
        ).changes;
        if (left <= 0) {
          return true;
        }
      }
      // The 1 h spans live longest: without one of them there is nothing left of a GPU.
      const orphans = db.run(
        `DELETE FROM gpus WHERE NOT EXISTS (SELECT 1 FROM gpu_samples s WHERE s.bucket_ms = 3600000 AND s.gpu_id = gpus.id)
           AND NOT EXISTS (SELECT 1 FROM gpu_samples s WHERE s.bucket_ms = 600000 AND s.gpu_id = gpus.id)
           AND NOT EXISTS (SELECT 1 FROM gpu_samples s WHERE s.bucket_ms = 60000 AND s.gpu_id = gpus.id)
           AND NOT EXISTS (SELECT 1 FROM gpu_samples s WHERE s.bucket_ms = 10000 AND s.gpu_id = gpus.id)`,
      ).changes;
      if (orphans > 0) {
        ids.clear();
      }
      return false;
    },
    count() {
      return number(db.get('SELECT count(*) AS n FROM gpu_samples') ?? {}, 'n');
    },
  };
}

function toBucket(row: Row, atMs: number): GpuBucket {
  const samples = number(row, 'samples');
  const ollamaSamples = number(row, 'ollama_n');
  const utilSamples = number(row, 'util_n');
  return {
    server: text(row, 'server'),
    gpuUuid: text(row, 'uuid'),
    gpuName: text(row, 'name'),
    atMs,
    lastMs: number(row, 'last_ms'),
    samples,
    totalBytes: number(row, 'total'),
    usedAvgBytes: Math.round(number(row, 'used_sum') / samples),
    usedMaxBytes: number(row, 'used_max'),
    freeMinBytes: number(row, 'free_min'),
    ollamaAvgBytes: ollamaSamples === 0 ? null : Math.round(number(row, 'ollama_sum') / ollamaSamples),
    utilAvgPct: utilSamples === 0 ? null : number(row, 'util_sum') / utilSamples,
    tempMaxC: numberOrNull(row, 'temp_max'),
    powerMaxW: numberOrNull(row, 'power_max'),
  };
}
