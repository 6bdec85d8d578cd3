/**
 * Who may import whom: the one table, held by test/wall.test.ts. A room is a folder of src, or a folder beside src that
 * holds TypeScript. What a room does not name here it may not import; a room that is not here may not exist.
 */

/** Which files of another room may be imported: all of them, or only those named (relative to that room). */
export type Door = 'all' | readonly string[];

export interface Room {
  /** Folder, relative to the repository. */
  readonly folder: string;
  /** Rooms that it may import, and by which door. `everything` is for what puts the parts together. */
  readonly mayImport: 'everything' | { readonly [room: string]: Door };
  /** Packages, `node:` modules included. */
  readonly packages: readonly string[];
  /** No clock, no chance, no environment, no output: the same input gives the same output. */
  readonly pure?: true | { readonly except: readonly string[] };
  /** Shipped as a bundle that takes its packages along, so those of devDependencies will do. */
  readonly bundled?: true;
  /** Not shipped: packages of devDependencies are for it too, any package will do. */
  readonly tooling?: true;
}

/** A circle of imports that is known and on its way out. The test asks for its line to go when the circle is gone. */
export interface KnownCircle {
  /** Every file of the circle lies under this folder. */
  readonly under: string;
  readonly why: string;
}

const ESTIMATOR_TYPES = ['types.ts', 'cards.ts', 'gpu-list.ts', 'versions.ts'] as const;
const BROWSER_ENTRY = ['index.ts', 'browser.ts'] as const;

export const ROOMS: { readonly [room: string]: Room } = {
  base: {
    folder: 'src/base',
    mayImport: {},
    packages: [],
    // A bound on waiting is a timer.
    pure: { except: ['setTimeout', 'clearTimeout'] },
  },
  estimator: { folder: 'src/estimator', mayImport: { base: 'all' }, packages: [], pure: true },
  gguf: {
    folder: 'src/gguf',
    mayImport: { base: 'all', estimator: 'all' },
    packages: ['@huggingface/gguf', 'node:fs/promises', 'node:path', 'zod'],
  },
  catalogue: {
    folder: 'src/catalogue',
    mayImport: { base: 'all', estimator: 'all', gguf: 'all' },
    packages: [
      'node:crypto',
      'node:dns',
      'node:fs',
      'node:fs/promises',
      'node:net',
      'node:path',
      'node:zlib',
      'undici',
      'zod',
    ],
  },
  ollama: {
    folder: 'src/ollama',
    mayImport: { base: 'all', estimator: ESTIMATOR_TYPES },
    packages: ['node:net', 'ollama/browser', 'undici', 'zod'],
  },
  gpus: {
    folder: 'src/gpus',
    mayImport: { base: 'all', estimator: ESTIMATOR_TYPES },
    packages: ['node:child_process', 'node:fs/promises', 'node:path', 'node:timers/promises'],
  },
  logs: { folder: 'src/logs', mayImport: { base: 'all', estimator: ESTIMATOR_TYPES }, packages: ['zod'], pure: true },
  workers: {
    folder: 'src/workers',
    mayImport: { base: 'all', estimator: 'all', gguf: 'all' },
    packages: ['node:crypto', 'node:fs', 'node:os', 'node:worker_threads'],
  },
  settings: {
    folder: 'src/settings',
    mayImport: {
      base: 'all',
      chat: ['locale.ts'],
      gpus: ['parse-source.ts'],
      ollama: ['host.ts'],
      store: ['postgres/address.ts'],
    },
    packages: ['node:fs', 'node:net', 'node:os', 'zod'],
  },
  store: {
    folder: 'src/store',
    mayImport: { base: 'all' },
    packages: [
      'kysely',
      'node:fs',
      'node:fs/promises',
      'node:os',
      'node:path',
      'node:sqlite',
      'node:timers/promises',
      'pg',
    ],
  },
  servers: {
    folder: 'src/servers',
    mayImport: {
      base: 'all',
      catalogue: 'all',
      estimator: 'all',
      gguf: 'all',
      gpus: 'all',
      ollama: 'all',
      settings: 'all',
      store: 'all',
      workers: 'all',
    },
    packages: ['bottleneck', 'kysely', 'node:crypto', 'node:fs', 'node:os', 'node:timers/promises', 'pg', 'zod'],
  },
  chat: {
    folder: 'src/chat',
    mayImport: { base: 'all', workers: ['low-priority.ts'] },
    packages: ['@napi-rs/canvas', 'chart.js', 'node:crypto', 'node:worker_threads', 'zod'],
  },
  schedule: {
    folder: 'src/schedule',
    mayImport: {
      base: 'all',
      chat: 'all',
      estimator: 'all',
      servers: 'all',
      store: 'all',
      workers: ['estimates.ts'],
    },
    packages: ['croner', 'cronstrue', 'cronstrue/locales/zh_CN.js', 'node:crypto', 'node:timers/promises'],
  },
  commands: {
    folder: 'commands',
    mayImport: {
      base: 'all',
      chat: 'all',
      estimator: 'all',
      logs: 'all',
      schedule: 'all',
      servers: 'all',
      workers: ['estimates.ts'],
    },
    packages: ['node:crypto', 'node:timers/promises', 'zod'],
  },
  discord: {
    folder: 'src/discord',
    mayImport: { base: 'all', chat: 'all' },
    packages: ['discord.js', 'node:crypto', 'node:timers/promises', 'zod'],
  },
  console: {
    folder: 'src/console',
    mayImport: { base: 'all', chat: 'all' },
    packages: [
      '@napi-rs/canvas',
      'node:fs',
      'node:fs/promises',
      'node:os',
      'node:path',
      'node:readline',
      'node:stream',
      'node:util',
      'sixel',
    ],
  },
  web: {
    folder: 'src/web',
    mayImport: {
      base: 'all',
      catalogue: 'all',
      chat: 'all',
      estimator: 'all',
      servers: 'all',
      settings: 'all',
      store: ['types.ts'],
      workers: ['estimates.ts'],
    },
    packages: [
      'node:crypto',
      'node:fs',
      'node:fs/promises',
      'node:http',
      'node:net',
      'node:path',
      'node:zlib',
      'prom-client',
      'zod',
    ],
  },
  tool: {
    folder: 'src/tool',
    mayImport: {
      base: 'all',
      catalogue: 'all',
      chat: 'all',
      // `headroom fit` answers what /fit answers, as the terminal chat shows it.
      commands: 'all',
      console: ['render.ts'],
      estimator: 'all',
      gguf: 'all',
      logs: 'all',
      servers: 'all',
      settings: 'all',
      store: 'all',
    },
    packages: [
      'commander',
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:readline',
      'node:stream',
      'node:util',
      'zod',
    ],
  },
  simulator: {
    folder: 'src/simulator',
    mayImport: {
      base: 'all',
      catalogue: ['names.ts'],
      estimator: 'all',
      gguf: 'all',
      ollama: ['types.ts'],
    },
    packages: ['node:crypto', 'node:http', 'node:net', 'node:timers/promises', 'zod'],
  },
  compose: {
    folder: 'src/compose',
    mayImport: 'everything',
    packages: ['node:child_process', 'node:fs', 'node:module', 'node:os', 'node:path', 'node:timers/promises', 'pino'],
  },
  main: { folder: 'src/main.ts', mayImport: 'everything', packages: ['node:fs', 'node:url'] },
  page: {
    folder: 'page',
    mayImport: { base: 'all', catalogue: BROWSER_ENTRY, estimator: BROWSER_ENTRY, gguf: BROWSER_ENTRY },
    packages: ['preact', 'preact/hooks'],
    bundled: true,
  },
  truth: {
    folder: 'truth',
    mayImport: { base: 'all', catalogue: 'all', estimator: 'all', gguf: 'all', gpus: 'all', logs: 'all' },
    packages: [],
    tooling: true,
  },
  contrib: { folder: 'contrib', mayImport: {}, packages: [], tooling: true },
  scripts: { folder: 'scripts', mayImport: 'everything', packages: [], tooling: true },
};

export const KNOWN_CIRCLES: readonly KnownCircle[] = [];
