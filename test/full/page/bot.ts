import { createLog } from '../../../src/compose/log.ts';
import { startHttp } from '../../../src/web/http.ts';
import { readPageFiles } from '../../../src/web/page/files.ts';
import { createPage, type LiveParts } from '../../../src/web/page/page.ts';
import { startDemoServices } from '../../support/demo-services.ts';

/** The built page on the bot's port, with the simulated server behind it. */
export async function startPageBot(built: string, more: Partial<LiveParts> = {}) {
  const demo = await startDemoServices(['gemma3:12b', 'qwen3:8b']);
  await demo.services.servers.snapshotAll({ maxAgeMs: 0 });
  const log = createLog('silent');
  const page = createPage({
    files: readPageFiles(built, true),
    hosts: [],
    log,
    live: { ...demo.services, token: null, names: false, watch: () => () => undefined, ...more },
  });
  const http = await startHttp({
    port: 0,
    host: '127.0.0.1',
    metrics: { contentType: 'text/plain', text: async () => '' },
    readiness: async () => ({}),
    token: null,
    page,
    log,
  });
  return {
    demo,
    port: http.port,
    url: `http://127.0.0.1:${http.port}/`,
    close: async () => {
      await http.close();
      await demo.close();
    },
  };
}
