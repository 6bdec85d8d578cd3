/**
 * Bookings of servers and GPUs. A booking does not keep Ollama from a GPU: it makes loads of others ask first, and is told
 * wherever people look.
 */

import { CodedError } from '../base/coded.ts';
import type { Reservation, ReservationRepository } from '../store/types.ts';
import type { Requester } from './loading/types.ts';
import type { ServerSnapshot } from './types.ts';

export type { Reservation } from '../store/types.ts';

/** What somebody wants to book. */
export interface ReservationOrder {
  readonly server: string;
  /** UUIDs with their numbers; empty: the whole server. */
  readonly gpus: Reservation['gpus'];
  readonly fromMs: number;
  readonly untilMs: number;
  readonly by: Requester;
}

export interface ReservationLimits {
  /** How far ahead a booking may begin, ms. */
  readonly aheadMs: number;
  /** How long one may be, ms. */
  readonly lengthMs: number;
}

export interface ReservationBook {
  readonly limits: ReservationLimits;
  /**
   * Books. Rejects with a CodedError `reserve-too-long`, `reserve-too-far`, `reserve-own-exists`, `reserve-taken`, or
   * a StoreError.
   */
  add(order: ReservationOrder): Promise<Reservation>;
  /** In force or ahead, by their begin. Rejects with a StoreError. */
  list(server?: string): Promise<readonly Reservation[]>;
  /** Ends one: its owner may, and administrators. Rejects with a CodedError `reserve-unknown`, `reserve-not-yours`. */
  stop(id: number, by: Requester): Promise<Reservation>;
  /** In force or ahead as last seen, without a wait; what is older than half a minute is read again meanwhile. */
  known(server: string): readonly Reservation[];
}

/** Another process may have booked meanwhile, ms. */
const KNOWN_FOR_MS = 30_000;

export interface ReservationBookParts {
  readonly reservations: ReservationRepository;
  readonly limits: ReservationLimits;
  readonly now: () => number;
  /** Something that nobody waits for failed. */
  readonly onError: (error: unknown) => void;
}

export function createReservationBook(parts: ReservationBookParts): ReservationBook {
  const { reservations, limits, now, onError } = parts;
  let seen: readonly Reservation[] = [];
  let seenAtMs = Number.NEGATIVE_INFINITY;
  const list = async (server?: string): Promise<readonly Reservation[]> => {
    const all = await reservations.standing(now());
    seen = all;
    seenAtMs = now();
    return all.filter((one) => server === undefined || one.server === server);
  };
  return {
    limits,
    list,
    async add({ server, gpus, fromMs, untilMs, by }) {
      const nowMs = now();
      if (untilMs - fromMs > limits.lengthMs) {
        throw new CodedError('reserve-too-long', { hours: limits.lengthMs / 3_600_000 });
      }
      if (fromMs - nowMs > limits.aheadMs) {
        throw new CodedError('reserve-too-far', { hours: limits.aheadMs / 3_600_000 });
      }
      const owner = { ownerId: by.id, ownerName: by.name, platform: by.platform };
      const place = { guildId: by.guildId, channelId: by.channelId };
      const wanted = { server, gpus, ...owner, ...place, createdAtMs: nowMs, fromMs, untilMs };
      const answer = await reservations.create(wanted);
      await list();
      if ('made' in answer) {
        return answer.made;
      }
      const { inTheWay } = answer;
      if (inTheWay.ownerId === by.id) {
        throw new CodedError('reserve-own-exists', { id: inTheWay.id });
      }
      throw new CodedError('reserve-taken', { holder: inTheWay.ownerName, gpus: reservedLabel(inTheWay) });
    },
    async stop(id, by) {
      const own = await reservations.end(id, by.isAdmin ? undefined : by.id);
      const left = await list();
      if (own === null) {
        const isThere = left.some((one) => one.id === id);
        throw new CodedError(isThere ? 'reserve-not-yours' : 'reserve-unknown', { id });
      }
      return own;
    },
    known(server) {
      const nowMs = now();
      if (nowMs - seenAtMs > KNOWN_FOR_MS) {
        seenAtMs = nowMs;
        list().catch(onError);
      }
      return seen.filter((one) => one.server === server && one.untilMs > nowMs);
    },
  };
}

/** What is booked, for people: `GPU 0, 1`, or the server's name. */
export function reservedLabel({ gpus, server }: Pick<Reservation, 'gpus' | 'server'>): string {
  return gpus.length === 0 ? server : `GPU ${gpus.map(({ index }) => index).join(', ')}`;
}

/** Whether it is in force at a moment, and somebody else's. */
export function bindsOthers(reservation: Reservation, personId: string, nowMs: number): boolean {
  return reservation.ownerId !== personId && reservation.fromMs <= nowMs && nowMs < reservation.untilMs;
}

/** GPUs of a server that are booked by others at a moment, by UUID. */
export function bookedGpus(
  reservations: readonly Reservation[],
  snapshot: ServerSnapshot,
  personId: string,
  nowMs: number,
): ReadonlySet<string> {
  const booked = reservations.filter((one) => bindsOthers(one, personId, nowMs));
  return new Set(
    booked.flatMap(({ gpus }) =>
      gpus.length === 0 ? snapshot.gpuViews.map(({ uuid }) => uuid) : gpus.map(({ uuid }) => uuid),
    ),
  );
}
