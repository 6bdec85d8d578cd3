import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from '../../commands/services.ts';
import type { Log } from '../base/log.ts';
import type { Sampler } from '../servers/sampler.ts';
import type { Config } from '../settings/config.ts';
import type { PageHandler } from '../web/http.ts';
import { readPageFiles } from '../web/page/files.ts';
import { createPage } from '../web/page/page.ts';

/** Where the built page lies: beside the program's bundle, or in dist of the sources. */
const FOLDERS = [join(import.meta.dirname, '..', 'page'), join(import.meta.dirname, '..', '..', 'dist', 'page')];

/**
 * The page as the configuration wants it; null = not at all.
 * @throws PageFilesError where it is wanted and was never built
 */
export function composePage(
  { page }: Pick<Config, 'page'>,
  services: Services,
  sampler: Pick<Sampler, 'watch'> | null,
  log: Log,
): PageHandler | null {
  if (page.mode === 'off') {
    return null;
  }
  const folder = FOLDERS.find((path) => existsSync(join(path, 'index.html'))) ?? FOLDERS[0]!;
  const files = readPageFiles(folder, page.mode === 'live');
  const { servers, asking, models, estimates, simulated, now, loads, holders, history } = services;
  return createPage({
    files,
    hosts: page.hosts,
    log,
    live:
      page.mode === 'fit'
        ? null
        : {
            servers,
            asking,
            models,
            estimates,
            simulated,
            now,
            token: page.token,
            names: page.names,
            watch: () => sampler?.watch() ?? (() => undefined),
            ...(holders === undefined ? {} : { holders }),
            ...(loads === undefined ? {} : { underWay: (server: string) => loads.underWay(server) }),
            ...(history === undefined ? {} : { history }),
          },
  });
}
