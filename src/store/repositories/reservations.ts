import type { Selectable } from 'kysely';
import type { Database } from '../database.ts';
import { StoreError } from '../errors.ts';
import type { ReservationTable } from '../tables.ts';
import type { NewReservation, Reservation, ReservationRepository, ReservedGpu } from '../types.ts';
import { alone } from './alone.ts';
import { jsonList, toJson, whole } from './columns.ts';

const DAY_MS = 86_400_000;
/** Bookings that are over are kept this long. */
const KEEP_MS = 30 * DAY_MS;

/** Bookings of servers and GPUs. */
export function createReservationRepository(db: Database): ReservationRepository {
  return {
    create: (reservation) =>
      alone(db, 'reservations', async (transaction) => {
        await tidy(transaction, reservation.createdAtMs);
        const others = await standing(transaction, reservation.createdAtMs);
        const inTheWay =
          others.find(({ ownerId }) => ownerId === reservation.ownerId) ??
          others.find((other) => overlaps(other, reservation));
        if (inTheWay !== undefined) {
          return { inTheWay };
        }
        const row = await transaction
          .insertInto('reservations')
          .values({
            server: reservation.server,
            gpus: toJson(reservation.gpus.map(({ uuid, index }) => ({ uuid, index }))),
            owner_id: reservation.ownerId,
            owner_name: reservation.ownerName,
            platform: reservation.platform,
            guild_id: reservation.guildId,
            channel_id: reservation.channelId,
            created_at_ms: whole(reservation.createdAtMs),
            from_ms: whole(reservation.fromMs),
            until_ms: whole(reservation.untilMs),
            state: 'standing',
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        return { made: toReservation(row) };
      }),
    standing: (nowMs, server) => standing(db, nowMs, server),
    async end(id, ownerId) {
      const row = await db
        .updateTable('reservations')
        .set({ state: 'over' })
        .where('id', '=', id)
        .where('state', '=', 'standing')
        .$if(ownerId !== undefined, (query) => query.where('owner_id', '=', ownerId!))
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? null : toReservation(row);
    },
  };
}

/** In force or ahead, by their begin. */
async function standing(db: Database, nowMs: number, server?: string): Promise<readonly Reservation[]> {
  const rows = await db
    .selectFrom('reservations')
    .selectAll()
    .where('state', '=', 'standing')
    .where('until_ms', '>', whole(nowMs))
    .$if(server !== undefined, (query) => query.where('server', '=', server!))
    .orderBy('from_ms')
    .orderBy('id')
    .execute();
  return rows.map(toReservation);
}

/** Ends what is over, and forgets what has been over for long. */
async function tidy(db: Database, nowMs: number): Promise<void> {
  await db
    .updateTable('reservations')
    .set({ state: 'over' })
    .where('state', '=', 'standing')
    .where('until_ms', '<=', whole(nowMs))
    .execute();
  await db
    .deleteFrom('reservations')
    .where('state', '=', 'over')
    .where('until_ms', '<', whole(nowMs - KEEP_MS))
    .execute();
}

/** Whether two bookings want the same GPU at the same time. */
function overlaps(a: NewReservation, b: NewReservation): boolean {
  const sameTime = a.fromMs < b.untilMs && b.fromMs < a.untilMs;
  const sameGpus =
    a.gpus.length === 0 || b.gpus.length === 0 || a.gpus.some(({ uuid }) => b.gpus.some((gpu) => gpu.uuid === uuid));
  return a.server === b.server && sameTime && sameGpus;
}

function toReservation(row: Selectable<ReservationTable>): Reservation {
  return {
    id: row.id,
    server: row.server,
    gpus: jsonList(row.gpus, 'gpus').map(toGpu),
    ownerId: row.owner_id,
    ownerName: row.owner_name,
    platform: row.platform,
    guildId: row.guild_id,
    channelId: row.channel_id,
    createdAtMs: row.created_at_ms,
    fromMs: row.from_ms,
    untilMs: row.until_ms,
  };
}

function toGpu({ uuid, index }: Readonly<Record<string, unknown>>): ReservedGpu {
  if (typeof uuid !== 'string' || typeof index !== 'number') {
    throw new StoreError('store-corrupt', { column: 'gpus' });
  }
  return { uuid, index };
}
