import { destination, pino } from 'pino';
import type { Log } from '../base/log.ts';

/** The log: JSON lines on stderr (replies go to stdout), secrets cut out wherever they could stand. */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: ['token', 'apiKey', 'authorization', 'headers', '*.token', '*.apiKey', '*.authorization', '*.headers'],
        censor: '[redacted]',
      },
    },
    destination({ fd: 2, sync: true }),
  );
}
