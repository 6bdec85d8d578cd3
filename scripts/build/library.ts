import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { builtInListPlugin } from './built-in-list.ts';

/** Entries by the name of their bundle. The browser's take everything along; Node's leave packages to the installation. */
const NODE_ENTRIES = {
  headroom: 'src/estimator/index.ts',
  gguf: 'src/gguf/index.ts',
  catalogue: 'src/catalogue/index.ts',
};
const BROWSER_ENTRIES = {
  'gguf-browser': 'src/gguf/browser.ts',
  'catalogue-browser': 'src/catalogue/browser.ts',
};

/** Library bundles with source maps, and a declaration beside each source. Throws when the types do not compile. */
export async function buildLibrary(root: string, dist: string): Promise<void> {
  await bundle(root, dist, NODE_ENTRIES, 'node');
  await bundle(root, dist, BROWSER_ENTRIES, 'browser');
  declarations(root, join(dist, 'types'));
}

async function bundle(
  root: string,
  dist: string,
  input: Readonly<Record<string, string>>,
  platform: 'node' | 'browser',
): Promise<void> {
  const build = await rolldown({
    cwd: root,
    input: { ...input },
    platform,
    ...(platform === 'node' ? { external: [/^[^./\0]/] } : {}),
    plugins: [builtInListPlugin(root)],
    onLog: (level, log) => {
      // An import that cannot be found would end up as a script that fails in a browser. A slow machine is no fault.
      if (log.code !== 'PLUGIN_TIMINGS') {
        throw new Error(`${level}: ${log.message}`);
      }
    },
  });
  await build.write({
    dir: dist,
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: `${platform}-[name]-[hash].js`,
  });
  await build.close();
}

/** TypeScript's own declarations; they name each other by `.js`, which every resolution of TypeScript understands. */
function declarations(root: string, folder: string): void {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const { status } = spawnSync(tsc, ['-p', join(root, 'tsconfig.library.json'), '--outDir', folder], {
    stdio: 'inherit',
    cwd: root,
  });
  if (status !== 0) {
    throw new Error('the declarations could not be written');
  }
  for (const path of globSync('**/*.d.ts', { cwd: folder })) {
    const file = join(folder, path);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/(from |import\()(['"])(\.{1,2}\/[^'"]*)\.ts\2/g, '$1$2$3.js$2'));
  }
}
