import { existsSync } from 'node:fs';
import { type Locale, toLocale } from '../chat/locale.ts';

/** The language that the terminal's environment names. */
export function terminalLocale(): Locale {
  return toLocale(process.env.LC_ALL ?? process.env.LC_MESSAGES ?? process.env.LANG);
}

/** The .env of the folder it is run in, for `npx headroom` as for `npm start`; what the environment says wins. */
export function loadSettings(): void {
  if (existsSync('.env')) {
    process.loadEnvFile('.env');
  }
}

/** Whoever reads the output may stop early (`| head`): that is no fault of the program. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
    process.exit();
  });
}
