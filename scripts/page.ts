/**
 * The fit page. `npm run page` builds it and serves it on this machine, `npm run page:build [folder]` writes its files
 * (default dist/page), `node scripts/page.ts size` says what a first visit loads and fails when that is too much.
 */
import { join, resolve } from 'node:path';
import { preview } from 'vite';
import { buildPage, FIRST_LOAD_BYTES, measurePage } from './page/build.ts';

const root = join(import.meta.dirname, '..');
const [what = 'serve', given] = process.argv.slice(2);
const folder = given === undefined ? join(root, 'dist', 'page') : resolve(given);

if (what === 'size') {
  const { files, firstLoadBytes } = measurePage(folder);
  for (const { name, bytes, gzippedBytes, first } of files) {
    console.log(
      `${name.padEnd(40)} ${String(bytes).padStart(8)} ${String(gzippedBytes).padStart(8)} gzipped${first ? '' : ' (later)'}`,
    );
  }
  const kib = (firstLoadBytes / 1024).toFixed(1);
  console.log(`\nfirst visit without the list of models: ${kib} KiB gzipped, at most ${FIRST_LOAD_BYTES / 1024}`);
  process.exitCode = firstLoadBytes <= FIRST_LOAD_BYTES ? 0 : 1;
} else {
  await buildPage(root, folder);
  console.log(`the page is in ${folder}`);
  if (what === 'serve') {
    const server = await preview({
      root: join(root, 'page'),
      configFile: false,
      base: './',
      build: { outDir: folder },
      preview: { host: '127.0.0.1', port: 4173, strictPort: false },
    });
    server.printUrls();
  }
}
