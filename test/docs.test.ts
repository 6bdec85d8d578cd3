import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentedSettings } from '../scripts/docs/configuration.ts';
import { generatedPages } from '../scripts/docs/pages.ts';
import { builtinCatalogue } from '../src/catalogue/builtin.ts';
import { parseGpuList } from '../src/estimator/gpu-list.ts';
import { ConfigError, readConfig } from '../src/settings/config.ts';
import { answerSchema } from '../src/tool/answer-schema.ts';
import { BatchEstimator } from '../src/tool/estimate.ts';

const root = join(import.meta.dirname, '..');

describe('pages that are written from the code', () => {
  const pages = generatedPages(root);

  it.each(pages.filter(([path]) => /configuration|schema|ollama-versions/.test(path)))(
    '%s is current (npm run docs)',
    (path, text) => {
      expect(readFileSync(join(root, path), 'utf8')).toBe(text);
    },
  );

  it('are there; a release writes those anew that follow every word', () => {
    for (const [path, text] of pages) {
      expect(readFileSync(join(root, path), 'utf8').split('\n')[0]).toBe(text.split('\n')[0]);
    }
  });
});

describe('.env.example', () => {
  it('has every variable that the program reads, and no other', () => {
    const read = new Set<string>();
    const environment = new Proxy<Record<string, string | undefined>>(
      {},
      {
        get: (_target, name) => {
          read.add(String(name));
          return undefined;
        },
        has: () => false,
      },
    );
    try {
      readConfig(environment);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
    }
    const documented = documentedSettings(root).flatMap(({ variables }) => variables.map(({ name }) => name));
    // What is gone is read only to say so.
    expect(documented.sort()).toEqual([...read].filter((name) => name !== 'REDIS_URL').sort());
  });
});

describe('the answers of headroom estimate', () => {
  it('are as the schema says, answered or failed', async () => {
    const batch = new BatchEstimator(
      async (name) => builtinCatalogue().find(name) ?? Promise.reject(new Error('unknown')),
      () => {
        throw new Error('not read here');
      },
      String,
      parseGpuList,
    );
    const gpus = [{ totalBytes: 8 * 2 ** 30 }];
    const lines = [
      { id: 1, model: 'gemma3:12b', numCtx: 8_192, gpus },
      { id: 2, model: 'gemma3:12b', numCtx: 131_072, gpus },
      { model: 'gemma3:12b', numCtx: 8_192, mode: 'plan', numGpu: -1, gpus },
      { id: 3, model: 'gemma3:12b', numCtx: 131_072, ollama: '0.6.5', gpus },
      {
        id: 4,
        mode: 'set',
        models: [{ model: 'gemma3:1b', numCtx: 4_096 }, { model: 'nomic-embed-text' }],
        gpus: '2x8GiB',
      },
      { id: 4, model: 'nothing of the kind', numCtx: 1, gpus },
      { id: 5 },
    ];
    for (const line of lines) {
      const answer = JSON.parse(await batch.answer(JSON.stringify(line)));
      expect(answerSchema.safeParse(answer).error, JSON.stringify(answer)).toBeUndefined();
    }
  });
});

describe('docs/library.md', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'headroom-docs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const page = readFileSync(join(root, 'docs', 'library.md'), 'utf8');
  const examples = [...page.matchAll(/```ts\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)].map(
    ([, code, output], i) => [i + 1, code!, output!] as const,
  );
  const entry = (path: string) => pathToFileURL(join(root, 'src', path)).href;

  it('has an output under every example', () => {
    expect(examples).toHaveLength(page.match(/```ts\n/g)?.length ?? 0);
  });

  it.each(examples)('example %i prints what stands under it', (i, code, output) => {
    const file = join(folder, `example-${i}.ts`);
    writeFileSync(
      file,
      code
        .replaceAll("'headroom'", `'${entry('estimator/index.ts')}'`)
        .replaceAll("'headroom/gguf'", `'${entry('gguf/index.ts')}'`)
        .replaceAll("'headroom/catalogue'", `'${entry('catalogue/index.ts')}'`),
    );
    const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toBe(output);
  });
});
