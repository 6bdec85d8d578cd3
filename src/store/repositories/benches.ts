import type { Selectable } from 'kysely';
import type { Database } from '../database.ts';
import type { BenchTable } from '../tables.ts';
import type { Bench, BenchRepository } from '../types.ts';
import { jsonList, toJson, whole, wholeOrNull } from './columns.ts';

const KEEP_ROWS = 5_000;

/** How fast models were. */
export function createBenchRepository(db: Database): BenchRepository {
  return {
    add: (bench) =>
      db.transaction().execute(async (transaction) => {
        const { id } = await transaction
          .insertInto('benches')
          .values({
            at_ms: whole(bench.atMs),
            server: bench.server,
            model: bench.model,
            digest: bench.digest,
            num_ctx: wholeOrNull(bench.numCtx),
            gpu_share: bench.gpuShare,
            gpus: toJson(bench.gpus),
            ollama_version: bench.ollamaVersion,
            prompt_tokens: whole(bench.promptTokens),
            prompt_per_second: bench.promptPerSecond,
            generated_tokens: whole(bench.generatedTokens),
            generated_per_second: bench.generatedPerSecond,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        await transaction
          .deleteFrom('benches')
          .where('id', '<=', id - KEEP_ROWS)
          .execute();
      }),
    async list({ server, model, limit = 200 }) {
      const rows = await db
        .selectFrom('benches')
        .selectAll()
        .where('server', '=', server)
        .$if(model !== undefined, (query) => query.where('model', '=', model!))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toBench);
    },
  };
}

function toBench(row: Selectable<BenchTable>): Bench {
  return {
    atMs: row.at_ms,
    server: row.server,
    model: row.model,
    digest: row.digest,
    numCtx: row.num_ctx,
    gpuShare: row.gpu_share,
    gpus: jsonList(row.gpus, 'gpus'),
    ollamaVersion: row.ollama_version,
    promptTokens: row.prompt_tokens,
    promptPerSecond: row.prompt_per_second,
    generatedTokens: row.generated_tokens,
    generatedPerSecond: row.generated_per_second,
  };
}
