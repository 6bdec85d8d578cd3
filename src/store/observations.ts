import { json, jsonList, number, text, textOrNull, toJson, whole } from './columns.ts';
import type { Database, Row } from './database.ts';
import type { ObservationRepository, ObservationRow } from './types.ts';

const KEEP_ROWS = 5_000;

/** Loads with prediction and outcome: what the calibration learns from. */
export function createObservationRepository(db: Database): ObservationRepository {
  return {
    add(observation) {
      return db.transaction(() => {
        const { id } = db.run(
          `INSERT INTO observations (at_ms, server, model, digest, ollama_version, engine, num_ctx, request, predicted, actual, gpus)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          whole(observation.atMs),
          observation.server,
          observation.model,
          observation.digest,
          observation.ollamaVersion,
          observation.engine,
          whole(observation.numCtx),
          toJson(observation.request),
          toJson(observation.predicted),
          toJson(observation.actual),
          toJson(observation.gpus),
        );
        db.run('DELETE FROM observations WHERE id <= ?', id - KEEP_ROWS);
        return id;
      });
    },
    list(query = {}) {
      return db
        .all(
          `SELECT * FROM observations WHERE (?1 IS NULL OR server = ?1) AND (?2 IS NULL OR model = ?2)
           ORDER BY id DESC LIMIT ?3`,
          query.server ?? null,
          query.model ?? null,
          query.limit ?? 200,
        )
        .map(toObservation);
    },
  };
}

function toObservation(row: Row): ObservationRow {
  return {
    id: number(row, 'id'),
    atMs: number(row, 'at_ms'),
    server: text(row, 'server'),
    model: text(row, 'model'),
    digest: textOrNull(row, 'digest'),
    ollamaVersion: text(row, 'ollama_version'),
    engine: text(row, 'engine'),
    numCtx: number(row, 'num_ctx'),
    request: json(row, 'request'),
    predicted: json(row, 'predicted'),
    actual: json(row, 'actual'),
    gpus: jsonList(row, 'gpus'),
  };
}
