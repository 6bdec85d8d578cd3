/**
 * `npm run accuracy [-- --truth DIR]`: how far the estimator is from recorded facts, as Markdown on stdout.
 *
 * The record that ships with the project is scored, or another one: at `--truth` or `HEADROOM_TRUTH`.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { builtinCatalogue } from '../src/catalogue/builtin.ts';
import type { ModelSpec } from '../src/estimator/types.ts';
import { specFromJson } from '../src/gguf/from-json.ts';
import { buildsSection } from './accuracy/builds.ts';
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
import { rigOldSection } from './accuracy/rig-old.ts';
import { safetensorsSection } from './accuracy/safetensors.ts';
import { setsSection } from './accuracy/sets.ts';
import { speedSection } from './accuracy/speed.ts';
import { unpackRecord } from './record.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SAMPLE_ROWS = join(ROOT, 'truth', 'record', 'plans-sample.jsonl.gz');

/** Where the records are: a folder given, else the record that ships with the project, unpacked. */
function truthDirectory(): string {
  const { values } = parseArgs({ options: { truth: { type: 'string' } } });
  const given = values.truth ?? process.env.HEADROOM_TRUTH;
  if (given === undefined) {
    return unpackRecord();
  }
  const directory = resolve(given);
  if (!existsSync(join(directory, 'plans.jsonl'))) {
    console.error(`There is no plans.jsonl in ${directory}.`);
    process.exit(1);
  }
  return directory;
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
  plansSection('Planner on the shipped set', await readPlanRows(SAMPLE_ROWS), (name) => builtinCatalogue().find(name)),
);
await section('Logs read', () => explainedSection(join(ROOT, 'truth', 'record', 'logs.jsonl.gz')));
const find = modelFinder(join(truth, 'models'));
await section('Planner on the full records', async () =>
  plansSection('Planner on the full records', await readPlanRows(join(truth, 'plans.jsonl')), find),
);
await section('Other builds of llama.cpp', () => buildsSection(truth, find));
await section('Real CUDA logs', () => logsSection(truth, find));
await section('--fit on the full records', () => fitsSection(truth));
await section('Public loads', () => minedSection(truth));
await section('A real H100', () => h100Section(truth, find));
await section('Speed', () => speedSection(truth, find));
await section('Ollama 0.33.0-rc2 on pretended cards', () => rigSection(truth, find));
await section('Sets of models', () => setsSection(truth, find));
await section('Older versions', () => rigOldSection(truth, find));
await section('Public cases', () => casesSection({ truth, cases: resolve(truth, '..', 'cases') }));
await section('Quantizations', () => quantsSection(truth, find));
await section('Safetensors repositories', () => safetensorsSection(truth));
