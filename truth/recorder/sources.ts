/**
 * llama.cpp's sources out of packages that carry them. Registries are asked by name through their own clients; a folder
 * keeps what was fetched.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

/** A package that carries llama.cpp's sources. */
export interface SourcePackage {
  /** llama.cpp's build. */
  readonly build: string;
  readonly registry: 'npm' | 'pypi';
  readonly name: string;
  readonly version: string;
}

/** Packages whose build is known (read from the build numbers or commits that they state). */
const PACKAGES: readonly SourcePackage[] = [
  { build: 'b10256', registry: 'npm', name: 'llama.rn', version: '0.12.9' },
  { build: 'b10454', registry: 'pypi', name: 'llama-cpp-python', version: '0.3.35' },
  { build: 'v0.5.0', registry: 'pypi', name: 'llama-cpp-python', version: '0.3.36' },
];

/** The package for `b10454`, or for a package and version such as `llama-cpp-python@0.3.37`, whose build is then its name. */
export function sourcePackage(wanted: string): SourcePackage {
  const known = PACKAGES.find(({ build, name, version }) => build === wanted || `${name}@${version}` === wanted);
  if (known !== undefined) {
    return known;
  }
  const named = /^(llama\.rn|llama-cpp-python)@(\d[\w.-]*)$/.exec(wanted);
  if (named === null) {
    const choices = PACKAGES.map(({ build, name, version }) => `${build} (${name}@${version})`).join(', ');
    throw new Error(
      `No package of llama.cpp ${wanted} is known. There are ${choices}; or name a package and its version.`,
    );
  }
  const [, name = '', version = ''] = named;
  return { build: wanted, registry: name === 'llama.rn' ? 'npm' : 'pypi', name, version };
}

/** Where a package's tree of llama.cpp lies, fetched and unpacked under `folder` where it is not yet. */
export async function fetchSources(from: SourcePackage, folder: string): Promise<string> {
  const home = join(folder, `${from.name}-${from.version}`);
  const done = join(home, 'done');
  if (!existsSync(done)) {
    mkdirSync(home, { recursive: true });
    const id = from.registry === 'npm' ? `${from.name}@${from.version}` : `${from.name}==${from.version}`;
    if (from.registry === 'npm') {
      await run('npm', ['pack', id, '--pack-destination', home]);
    } else {
      await run('python3', ['-m', 'pip', 'download', '--no-deps', '--no-binary', ':all:', '--dest', home, id]);
    }
    const archive = readdirSync(home).find((name) => name.endsWith('.tgz') || name.endsWith('.tar.gz'));
    if (archive === undefined) {
      throw new Error(`${id} came without an archive of sources`);
    }
    await run('tar', ['-xzf', archive], home);
    if (from.registry === 'npm') {
      restoreNames(join(home, 'package', 'cpp'));
    }
    writeFileSync(done, '');
  }
  if (from.registry === 'npm') {
    return join(home, 'package', 'cpp');
  }
  const unpacked = readdirSync(home, { withFileTypes: true }).find((entry) => entry.isDirectory())?.name ?? '';
  return join(home, unpacked, 'vendor', 'llama.cpp');
}

const SOURCE = /\.(?:h|hpp|c|cpp|inc)$/;
/** llama.rn puts a prefix in front of ggml's names. */
const PREFIXED = /lm_(ggml|gguf)|LM_(GGML|GGUF)/g;

function restoreNames(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !SOURCE.test(entry.name)) {
      continue;
    }
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path, 'utf8');
    const restored = text.replace(PREFIXED, (_, lower?: string, upper?: string) => lower ?? upper ?? '');
    if (restored !== text) {
      writeFileSync(path, restored);
    }
  }
}
