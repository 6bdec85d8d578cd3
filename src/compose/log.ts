import { destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** The log: JSON lines on stderr (replies go to stdout), secrets cut out wherever they could stand. */
export function createLog(level: string): Logger {
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
