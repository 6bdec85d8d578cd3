/**
 * `npm run build`: what others use goes to dist/. The library (`headroom`, `headroom/gguf`, `headroom/catalogue`, each
 * also for browsers) with its types, the program in one bundle, so that it starts quickly, and the fit page.
 */
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildLibrary } from './build/library.ts';
import { buildProgram } from './build/program.ts';
import { buildPage } from './page/build.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
await buildLibrary(root, dist);
await buildProgram(root, dist, version);
await buildPage(root, join(dist, 'page'));
// Beside every bundle that reads the built-in list.
cpSync(join(root, 'src', 'catalogue', 'builtin'), join(dist, 'builtin'), { recursive: true });
