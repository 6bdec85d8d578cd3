import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { LOCALES } from '../../src/chat/locale.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import type { ToolCommand } from '../../src/tool/command.ts';
import { toolCommands } from '../../src/tool/commands.ts';
import { manPage } from '../../src/tool/man.ts';
import { createProgram } from '../../src/tool/program.ts';
import { filesByUrlPlugin } from './files-by-url.ts';

/** Packages that are taken into the bundle: the tool would spend most of its time on finding and reading their files. */
const BUNDLED = /^(?:commander|zod|@huggingface\/gguf)(?:\/|$)/;

/** What answers a question without a server: the estimator, the built-in list, the reply and its words. */
const ANSWER =
  /\/src\/(?:base|estimator|chat\/(?!pictures)|console\/render|gguf\/spec|gguf\/errors|workers\/(?:estimates|jobs)|catalogue\/(?:builtin|names|nearest|towers|aliases|errors)|gpus\/(?:declared|cards|source|values|types)|servers\/(?:asking|gpu-views)|tool\/fit)|\/commands\/fit\/(?:answer|explain|question|reply)/;

/** The program: one bundle, cut where code is imported when it is needed; its help texts; its man page. */
export async function buildProgram(root: string, dist: string, version: string): Promise<void> {
  const folder = join(dist, 'program');
  const build = await rolldown({
    cwd: root,
    input: { tool: 'src/compose/tool.ts' },
    platform: 'node',
    external: (id) => /^[^./\0]/.test(id) && !BUNDLED.test(id),
    plugins: [filesByUrlPlugin()],
  });
  await build.write({
    dir: folder,
    format: 'esm',
    minify: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // What `fit` needs is one file: each one costs a start half a millisecond.
    codeSplitting: {
      groups: [{ name: 'answer', test: ANSWER, priority: 1 }],
    },
    assetFileNames: '[name][extname]',
  });
  await build.close();
  writeFileSync(join(folder, 'help.json'), JSON.stringify(await helpTexts(toolCommands, version)));
  mkdirSync(join(dist, 'man'), { recursive: true });
  writeFileSync(join(dist, 'man', 'headroom.1'), manPage(toolCommands, createTranslator('en'), version));
}

/** What `--help` prints, by language and command: written down, so that asking for help need not load the tool. */
async function helpTexts(
  commands: readonly ToolCommand[],
  version: string,
): Promise<Record<string, Record<string, string>>> {
  const texts: Record<string, Record<string, string>> = {};
  for (const locale of LOCALES) {
    const ofLocale: Record<string, string> = {};
    for (const topic of ['', ...commands.map((command) => command.name)]) {
      let text = '';
      const program = createProgram({
        commands,
        translator: createTranslator(locale),
        version,
        write: (piece) => {
          text += piece;
        },
        run: async () => undefined,
      });
      // Commander throws once the help is out.
      await program.parseAsync(topic === '' ? ['--help'] : [topic, '--help'], { from: 'user' }).catch(() => undefined);
      ofLocale[topic] = text;
    }
    texts[locale] = ofLocale;
  }
  return texts;
}
