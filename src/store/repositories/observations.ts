import type { Selectable } from 'kysely';
import type { Database } from '../database.ts';
import type { ObservationTable } from '../tables.ts';
import type { ObservationRepository, ObservationRow } from '../types.ts';
import { json, jsonList, toJson, whole } from './columns.ts';

const KEEP_ROWS = 5_000;

/** Loads with prediction and outcome: what the calibration learns from. */
export function createObservationRepository(db: Database): ObservationRepository {
  return {
    add: (observation) =>
      db.transaction().execute(async (transaction) => {
        const { id } = await transaction
          .insertInto('observations')
          .values({
            at_ms: whole(observation.atMs),
            server: observation.server,
            model: observation.model,
            digest: observation.digest,
            ollama_version: observation.ollamaVersion,
            engine: observation.engine,
            num_ctx: whole(observation.numCtx),
            request: toJson(observation.request),
            predicted: toJson(observation.predicted),
            actual: toJson(observation.actual),
            gpus: toJson(observation.gpus),
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        await transaction
          .deleteFrom('observations')
          .where('id', '<=', id - KEEP_ROWS)
          .execute();
        return id;
      }),
    async list({ server, model, limit = 200 } = {}) {
      const rows = await db
        .selectFrom('observations')
        .selectAll()
        .$if(server !== undefined, (query) => query.where('server', '=', server!))
        .$if(model !== undefined, (query) => query.where('model', '=', model!))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toObservation);
    },
  };
}

function toObservation(row: Selectable<ObservationTable>): ObservationRow {
  return {
    id: row.id,
    atMs: row.at_ms,
    server: row.server,
    model: row.model,
    digest: row.digest,
    ollamaVersion: row.ollama_version,
    engine: row.engine,
    numCtx: row.num_ctx,
    request: json(row.request, 'request'),
    predicted: json(row.predicted, 'predicted'),
    actual: json(row.actual, 'actual'),
    gpus: jsonList(row.gpus, 'gpus'),
  };
}
