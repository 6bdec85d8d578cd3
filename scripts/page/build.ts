import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { builtInListPlugin } from '../build/built-in-list.ts';
import { serviceWorkerPlugin, sharedWordsPlugin, workerPlugin } from './plugins.ts';

/** Most that the first visit may load, bytes gzipped, the list of models aside. */
export const FIRST_LOAD_BYTES = 150 * 1024;

/** Builds the page: files that any web server can host, at any address. */
export async function buildPage(root: string, folder: string): Promise<void> {
  await build({
    root: join(root, 'page'),
    base: './',
    configFile: false,
    logLevel: 'warn',
    publicDir: join(root, 'page', 'public'),
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    plugins: [builtInListPlugin(root), sharedWordsPlugin(), workerPlugin(), serviceWorkerPlugin(root)],
    build: {
      outDir: folder,
      emptyOutDir: true,
      assetsDir: 'files',
      assetsInlineLimit: 0,
      target: 'es2022',
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1_000,
      rolldownOptions: {
        // What the page does not name of the rooms, and of the packages that they use, has no effect of its own.
        treeshake: {
          moduleSideEffects: (id) =>
            !/\/(?:src\/(?:base|estimator|gguf|catalogue)|node_modules\/@huggingface)\//.test(id),
        },
        output: {
          chunkFileNames: ({ facadeModuleId }) =>
            facadeModuleId?.endsWith('/catalogue/browser.ts') === true
              ? 'files/built-in-list-[hash].js'
              : 'files/[name]-[hash].js',
        },
      },
    },
  });
}

export interface PageSize {
  /** Gzipped bytes of what a first visit loads before anything is chosen, the list of models aside. */
  readonly firstLoadBytes: number;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly gzippedBytes: number;
    /** Loaded at once; the others when somebody wants them. */
    readonly first: boolean;
  }[];
}

/** What a first visit loads, file by file. */
export function measurePage(folder: string): PageSize {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const first = firstLoaded(folder, names);
  const files = names
    .map((name) => {
      const text = readFileSync(join(folder, name));
      return {
        name,
        bytes: text.length,
        gzippedBytes: gzipSync(text, { level: 9 }).length,
        first: first.has(name),
      };
    })
    .sort((a, b) => b.gzippedBytes - a.gzippedBytes);
  const loaded = files.filter((file) => file.first);
  return { firstLoadBytes: loaded.reduce((sum, { gzippedBytes }) => sum + gzippedBytes, 0), files };
}

/** The page, what it names, and what that imports by itself; imports that wait for somebody to want them are not among them. */
function firstLoaded(folder: string, names: readonly string[]): ReadonlySet<string> {
  const found = new Set(['index.html', 'service-worker.js', 'manifest.webmanifest', 'icon.svg']);
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const waiting = names.filter((name) => html.includes(name) || /^files\/worker-/.test(name));
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) {
      continue;
    }
    found.add(name);
    if (name.endsWith('.js')) {
      const text = readFileSync(join(folder, name), 'utf8');
      for (const [, imported] of text.matchAll(
        /(?:^|[;\s}])(?:import|export)(?:[^;'"()]*?from)?\s*["']\.\/([^"']+)["']/g,
      )) {
        waiting.push(`files/${imported}`);
      }
    }
  }
  return found;
}
