/**
 * Rebuilds the built-in model list from scripts/catalogue/sources: `npm run catalogue [-- --to FILE]`. Fails when a recorded
 * model lacks a line in src/catalogue/aliases.ts or the other way round, or when one name would mean two models.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeList } from '../src/catalogue/builtin-codec.ts';
import { nameKey, parseModelName } from '../src/catalogue/names.ts';
import { configuredModels, listedModels } from './catalogue/models.ts';

const MAX_LIST_BYTES = 1_500_000;

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: { to: { type: 'string', default: at('../src/catalogue/builtin/models.bin') } },
});

try {
  writeFileSync(at('../src/catalogue/generated-names.ts'), generatedNames());
  const { ALIASES } = await import('../src/catalogue/aliases.ts');
  const models = listedModels();
  checkNames(
    models.map(({ name }) => name),
    ALIASES,
  );
  const bytes = encodeList(models);
  if (bytes.length > MAX_LIST_BYTES) {
    throw new Error(`${bytes.length} bytes are more than ${MAX_LIST_BYTES}`);
  }
  writeFileSync(values.to, bytes);
  const tables = new Set(models.map(({ tensors }) => JSON.stringify(tensors.map(({ name, shape }) => [name, shape]))));
  console.log(`${models.length} models, ${tables.size} distinct tables, ${bytes.length} bytes: ${values.to}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** The names of the models made from configurations, as a module. */
function generatedNames(): string {
  const rows = configuredModels().map(({ name, quant, tags, hub, config }) =>
    [name, quant, 'vision_config' in config ? 'tower' : '', tags.join(' '), hub.join(' ')].join('|'),
  );
  return `/** Written by \`npm run catalogue\` from scripts/catalogue/sources/configs.jsonl: change that file instead. */

import type { Aliases } from './alias-types.ts';

/** Name, quantization, whether it has a tower, names in Ollama's style, repositories. */
const ROWS = \`
${rows.join('\n')}
\`;

/** The models made from published configurations. */
export const GENERATED: Readonly<Record<string, Aliases>> = Object.fromEntries(
  ROWS.trim()
    .split('\\n')
    .map((row) => {
      const [name, quantization, , tags, hub] = row.split('|') as [string, string, string, string, string];
      const split = (text: string): string[] => (text === '' ? [] : text.split(' '));
      return [name, { exact: [], computed: split(tags), hub: split(hub), quantization }];
    }),
);
`;
}

function checkNames(
  names: readonly string[],
  aliases: Awaited<typeof import('../src/catalogue/aliases.ts')>['ALIASES'],
): void {
  const listed = new Set(names);
  const faults: string[] = [];
  for (const name of listed) {
    if (aliases[name] === undefined) {
      faults.push(`${name} has no line in the alias table`);
    }
  }
  const owners = new Map<string, string>();
  for (const [name, { exact, near = [], computed = [] }] of Object.entries(aliases)) {
    if (!listed.has(name)) {
      faults.push(`the alias table names ${name}, which is not there`);
    }
    for (const alias of [...exact, ...near, ...computed]) {
      const parsed = parseModelName(alias);
      if (!parsed.ok) {
        faults.push(`${alias} is not a model name (${parsed.code})`);
        continue;
      }
      const owner = owners.get(nameKey(parsed.name));
      if (owner !== undefined) {
        faults.push(`${alias} would mean ${owner} and ${name}`);
      }
      owners.set(nameKey(parsed.name), name);
    }
  }
  if (faults.length > 0) {
    throw new Error(faults.join('\n'));
  }
}
