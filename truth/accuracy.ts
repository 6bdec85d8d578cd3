/**
 * `npm run accuracy [-- --truth DIR]`: how far the estimator is from recorded facts, as Markdown on stdout.
 *
 * The set that ships with the project is always scored. The full records are scored where they are: at `--truth`, at
 * `HEADROOM_TRUTH`, or in `../shared/truth`; without them their sections say "skipped".
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { builtinCatalogue } from '../src/catalogue/builtin.ts';
import type { ModelSpec } from '../src/estimator/types.ts';
import { specFromJson } from '../src/gguf/from-json.ts';
import { casesSection } from './accuracy/cases.ts';
import { explainedSection } from './accuracy/explained.ts';
import { fitsSection } from './accuracy/fits.ts';
import { h100Section } from './accuracy/h100.ts';
import { logsSection } from './accuracy/logs.ts';
import { minedSection } from './accuracy/mined.ts';
import { readPlanRows } from './accuracy/plan-rows.ts';
import { plansSection } from './accuracy/plans.ts';
import { quantsSection } from './accuracy/quants.ts';
import { rigSection } from './accuracy/rig.ts';
import { setsSection } from './accuracy/sets.ts';
import { rigOldSection } from './accuracy/rig-old.ts';
import { safetensorsSection } from './accuracy/safetensors.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SHIPPED_ROWS = join(ROOT, 'test', 'fixtures', 'truth-small.jsonl');

/** Where the full records are, or null. */
function truthDirectory(): string | null {
  const { values } = parseArgs({ options: { truth: { type: 'string' } } });
  const given = values.truth ?? process.env.HEADROOM_TRUTH;
  const directory = resolve(given ?? join(ROOT, '..', 'shared', 'truth'));
  return existsSync(join(directory, 'plans.jsonl')) ? directory : null;
}

/** The models of the full records, by name; read when asked for. */
function modelFinder(directory: string): (name: string) => ModelSpec | null {
  const files = new Set(readdirSync(directory));
  const loaded = new Map<string, ModelSpec>();
  return (name) => {
    const known = loaded.get(name);
    if (known !== undefined) {
      return known;
    }
    if (!files.has(`${name}.json`)) {
      return null;
    }
    const spec = specFromJson(JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8')), name);
    loaded.set(name, spec);
    return spec;
  };
}

async function section(title: string, make: () => Promise<string> | string): Promise<void> {
  try {
    console.log(await make());
  } catch (error) {
    process.exitCode = 1;
    console.log(`### ${title}\n\nfailed: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

const truth = truthDirectory();
console.log('# Accuracy\n');
await section('Planner on the shipped set', async () =>
  plansSection('Planner on the shipped set', await readPlanRows(SHIPPED_ROWS), (name) => builtinCatalogue().find(name)),
);
await section('Logs read', () => explainedSection(join(ROOT, 'truth', 'record', 'logs.jsonl.gz')));
if (truth === null) {
  console.log('### Full records\n\nskipped: no truth directory (give one with --truth or HEADROOM_TRUTH).\n');
} else {
  const find = modelFinder(join(truth, 'models'));
  await section('Planner on the full records', async () =>
    plansSection('Planner on the full records', await readPlanRows(join(truth, 'plans.jsonl')), find),
  );
  await section('Real CUDA logs', () => logsSection(truth, find));
  await section('--fit on the full records', () => fitsSection(truth));
  await section('Public loads', () => minedSection(truth));
  await section('A real H100', () => h100Section(truth, find));
  await section('Ollama 0.33.0-rc2 on pretended cards', () => rigSection(truth, find));
  await section('Sets of models', () => setsSection(truth, find));
  await section('Older versions', () => rigOldSection(truth, find));
  await section('Public cases', () => casesSection({ truth, cases: resolve(truth, '..', 'cases') }));
  await section('Quantizations', () => quantsSection(truth, find));
  await section('Safetensors repositories', () => safetensorsSection(truth));
}
