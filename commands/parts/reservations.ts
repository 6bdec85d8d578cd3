import type { Text } from '../../src/chat/text.ts';
import type { Translator } from '../../src/chat/translate.ts';
import { type Reservation, reservedLabel } from '../../src/servers/reservations.ts';
import type { ServerSnapshot } from '../../src/servers/types.ts';
import type { Services } from '../services.ts';

function paramsOf(reservation: Reservation) {
  const { id, ownerId, ownerName, server, fromMs, untilMs } = reservation;
  return {
    id,
    gpus: { code: reservedLabel(reservation) },
    server: { code: server },
    holder: { user: ownerId, name: ownerName },
    from: { time: fromMs, style: 'short' as const },
    until: { time: untilMs, style: 'short' as const },
  };
}

/** One booking in a list. */
export function reservationText(reservation: Reservation, translator: Translator, nowMs: number): Text {
  const key = reservation.fromMs > nowMs ? 'reserve.line.ahead' : 'reserve.line';
  return translator.text(key, paramsOf(reservation));
}

/** What is booked on a server right now, one line each, without a wait. */
export function bookedTexts(services: Services, server: string, translator: Translator): readonly Text[] {
  const nowMs = services.now();
  return (services.reservations?.known(server) ?? [])
    .filter(({ fromMs }) => fromMs <= nowMs)
    .map((one) => translator.text('reserve.status', paramsOf(one)));
}

/** Models that lie on what is booked, as far as that is known. */
export function modelsOn(snapshot: ServerSnapshot | null, { gpus }: Reservation): readonly string[] {
  const booked = new Set(gpus.map(({ uuid }) => uuid));
  return (snapshot?.models ?? [])
    .filter(({ placement }) => gpus.length === 0 || placement?.gpus.some(({ uuid }) => booked.has(uuid)) === true)
    .map(({ name }) => name);
}
