/** Loads on GPUs that somebody else booked: the booker is asked as the holder of a model is. */

import type { Plan } from '../../estimator/types.ts';
import type { Hold } from '../../store/types.ts';
import { placeableGpus } from '../asking/server-view.ts';
import { bindsOthers, type Reservation, reservedLabel } from '../reservations.ts';
import type { ServerSnapshot } from '../types.ts';

/** A booking as the claim that it is. */
export interface Booking extends Hold {
  /** Until when the GPUs are booked, ms since the epoch. */
  readonly bookedUntilMs: number;
}

/** Whether a claim is a booking rather than a hold on a model. */
export function isBooking(hold: Hold): hold is Booking {
  return 'bookedUntilMs' in hold;
}

/** Bookings of others that a plan goes on. */
export function bookingsTouched(
  reservations: readonly Reservation[],
  snapshot: ServerSnapshot,
  plan: Plan,
  personId: string,
  nowMs: number,
): readonly Booking[] {
  const used = new Set(
    placeableGpus(snapshot)
      .filter((_, index) => (plan.gpus[index]?.totalBytes ?? 0) > 0)
      .map(({ uuid }) => uuid),
  );
  return reservations
    .filter((one) => bindsOthers(one, personId, nowMs))
    .filter(({ gpus }) => gpus.length === 0 || gpus.some(({ uuid }) => used.has(uuid)))
    .map(toBooking);
}

function toBooking(reservation: Reservation): Booking {
  const { server, ownerId, ownerName, platform, guildId, channelId, fromMs, untilMs } = reservation;
  return {
    server,
    model: reservedLabel(reservation),
    holderId: ownerId,
    holderName: ownerName,
    platform,
    guildId,
    channelId,
    sinceMs: fromMs,
    untilMs,
    bookedUntilMs: untilMs,
    numCtx: null,
  };
}
