/**
 * Rebuilds the built-in model list: `npm run catalogue -- --from DIRECTORY [--to FILE]`, DIRECTORY holding model JSON files
 * (`architecture`, `metadata`, `tensors`). Fails when a model lacks a line in src/catalogue/aliases.ts or the other way round,
 * or when one name would mean two models.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ALIASES } from '../src/catalogue/aliases.ts';
import { encodeList, type ListedModel } from '../src/catalogue/builtin-codec.ts';
import { nameKey, parseModelName } from '../src/catalogue/names.ts';
import { specFromJsonFile } from '../src/gguf/from-json.ts';

const MAX_LIST_BYTES = 1_000_000;

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    to: {
      type: 'string',
      default: fileURLToPath(new URL('../src/catalogue/builtin/models.bin', import.meta.url)),
    },
  },
});

try {
  if (values.from === undefined) {
    throw new Error('--from DIRECTORY is missing');
  }
  const models = await readModels(values.from);
  checkNames(models);
  const bytes = encodeList(models);
  if (bytes.length > MAX_LIST_BYTES) {
    throw new Error(`${bytes.length} bytes are more than ${MAX_LIST_BYTES}`);
  }
  writeFileSync(values.to, bytes);
  console.log(`${models.length} models, ${bytes.length} bytes: ${values.to}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function readModels(directory: string): Promise<ListedModel[]> {
  const files = readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort();
  const models: ListedModel[] = [];
  for (const file of files) {
    const { name, architecture, metadata, tensors } = await specFromJsonFile(join(directory, file));
    models.push({ name, architecture, metadata, tensors });
  }
  if (models.length === 0) {
    throw new Error(`no model JSON in ${directory}`);
  }
  return models;
}

function checkNames(models: readonly ListedModel[]): void {
  const listed = new Set(models.map(({ name }) => name));
  const faults: string[] = [];
  for (const name of listed) {
    if (ALIASES[name] === undefined) {
      faults.push(`${name} has no line in the alias table`);
    }
  }
  const owners = new Map<string, string>();
  for (const [name, { exact, near = [] }] of Object.entries(ALIASES)) {
    if (!listed.has(name)) {
      faults.push(`the alias table names ${name}, which is not there`);
    }
    for (const alias of [...exact, ...near]) {
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
