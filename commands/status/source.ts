import type { Locale } from '../../src/chat/locale.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import type { Schedule, StatusSource } from '../../src/schedule/posts/status-source.ts';
import type { Sampler } from '../../src/servers/sampler.ts';
import type { Server } from '../../src/servers/types.ts';

import type { Services } from '../services.ts';
import { statusReply } from './reply.ts';
import { statusFingerprint } from './view.ts';

/** Readings of this age are fresh enough for a post, ms; at the fast pace a live message never asks by itself. */
const MAX_AGE_MS = 12_000;
const TIMEOUT_MS = 4_000;

/** The servers that a schedule shows; one that left the configuration shows none. */
function serversOf(services: Services, name: string | null): readonly Server[] {
  if (name === null) {
    return services.servers.servers;
  }
  const server = services.servers.get(name);
  return server === null ? [] : [server];
}

/** What scheduled posts say, from the servers' own readings. */
export function createStatusSource(services: Services, sampler: Sampler): StatusSource {
  return {
    fingerprint: (schedule: Schedule) =>
      serversOf(services, schedule.server)
        .map((server) => statusFingerprint(server.latest(), services))
        .join('\n'),
    reply: async (schedule, extra) => {
      const asked = serversOf(services, schedule.server);
      const snapshots = await Promise.all(
        asked.map((server) => server.snapshot({ maxAgeMs: MAX_AGE_MS, timeoutMs: TIMEOUT_MS })),
      );
      const zoned = { ...services, timeZone: schedule.timeZone };
      return statusReply(zoned, snapshots, createTranslator(schedule.locale as Locale), { schedule, extra });
    },
    watch: (schedule) => sampler.watch(schedule.server ?? undefined),
  };
}
