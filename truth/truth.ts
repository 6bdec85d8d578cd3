/**
 * `npm run truth -- --llama-cpp BUILD`: plans every recorded configuration with the planner of a llama.cpp build on
 * pretended CUDA devices, and prints what differs from the record and from the estimator, by architecture and kind of figure.
 *
 * BUILD is a build such as b10454 whose package is known, or a package and version (llama-cpp-python@0.3.36). `--write`
 * makes what the build plans the record. `--work DIR` keeps sources and builds (default: a folder in the cache).
 * `--add FILE` plans a small model (a model JSON) of an architecture that is new, adds it to the record, and ends.
 * `--only TEXT` takes models whose name has the text. `--no-fits` leaves `--fit`'s decisions out. Needs cmake, a C++17
 * compiler, tar and the registry's client (npm, or python3 with pip).
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { llamaCppConfig } from '../src/estimator/engines/llama-server/fit/engine.ts';
import { fitToMemory } from '../src/estimator/engines/llama-server/fit/fit.ts';
import { buildOf, REFERENCE_BUILD } from '../src/estimator/llama-cpp/builds.ts';
import { planLlamaCpp } from '../src/estimator/llama-cpp/dry-run.ts';
import type { EstimateRequest, KvCacheType, LlamaCppConfig, ModelSpec } from '../src/estimator/types.ts';
import { specFromJson } from '../src/gguf/from-json.ts';
import { type BuildRow, readRows } from './accuracy/builds.ts';
import { type PlanRow, planConfig, plannedSizes, recordedSizes } from './accuracy/plan-rows.ts';
import { packIntoRecord, unpackRecord } from './record.ts';
import { smallEntry } from './recorder/add.ts';
import { buildRecorder } from './recorder/build.ts';
import { type ComparedPlan, Comparison } from './recorder/compare.ts';
import { type FitResult, type FitRow, fitConfigOf, planConfigOf } from './recorder/configs.ts';
import { type DryRunError, type DryRunResult, dryRuns } from './recorder/dry-runs.ts';
import { describeRow, smallModels } from './recorder/small-models.ts';
import { fetchSources, sourcePackage } from './recorder/sources.ts';
import { writeSparseGguf } from './recorder/sparse-gguf.ts';

/** The small models. */
const SMALL = join(import.meta.dirname, 'record', 'architectures.jsonl.gz');

const { values } = parseArgs({
  options: {
    'llama-cpp': { type: 'string' },
    work: { type: 'string' },
    only: { type: 'string' },
    fits: { type: 'boolean', default: true },
    write: { type: 'boolean', default: false },
    add: { type: 'string' },
  },
  allowNegative: true,
});
if (values['llama-cpp'] === undefined) {
  console.error('Name a build: npm run truth -- --llama-cpp b10454');
  process.exit(1);
}
if (values.write && values.only !== undefined && values.add === undefined) {
  // The record of a build is written whole: the rows of the models left out would be lost.
  console.error('--write records all models; leave --only out, or add a small model with --add FILE.json.');
  process.exit(1);
}
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const work = resolve(values.work ?? join(cache, 'headroom-truth'));
mkdirSync(work, { recursive: true });

const from = sourcePackage(values['llama-cpp']);
console.error(`Sources: ${from.name} ${from.version} (${from.build})`);
const tree = await fetchSources(from, work);
console.error('Building the planner; the first time takes some minutes.');
const recorder = await buildRecorder(tree, join(work, `build-${from.name}-${from.version}`));
/** What the estimator plans this build as. */
const facts = /^[bv]\d/.test(from.build) ? buildOf({ ollama: 'llama.cpp', build: from.build }).facts : REFERENCE_BUILD;

if (values.add !== undefined) {
  await addSmallModel(values.add);
  process.exit();
}

const truth = unpackRecord();
const models = new Map<string, ModelSpec>();
for (const file of readdirSync(join(truth, 'models'))) {
  const name = file.replace(/\.json$/, '');
  if (name.includes(values.only ?? '')) {
    models.set(name, specFromJson(JSON.parse(readFileSync(join(truth, 'models', file), 'utf8')), name));
  }
}

const againstRecord = new Comparison('Against the record');
const againstEstimator = new Comparison(`Against the estimator, as ${facts.name}`);
const newRows: BuildRow[] = [];

function failed(result: object): result is DryRunError {
  return 'error' in result;
}

function ofRecord(res: Omit<PlanRow['res'], 'cpu_layers' | 'nodes' | 'splits'>): ComparedPlan {
  const sizes = recordedSizes(res as PlanRow['res']);
  const devices = res.devices.length;
  const whole = (column: readonly number[]) => column.slice(0, devices);
  return {
    weights: whole(sizes.weights),
    cache: whole(sizes.cache),
    compute: whole(sizes.compute),
    host: [sizes.weights[devices]!, sizes.cache[devices]!, sizes.compute[devices]!],
    fitCompute:
      res.compute_fit === undefined || res.host_compute_fit === undefined
        ? res.compute_fit
        : [...res.compute_fit, res.host_compute_fit],
    settings: [res.n_ctx, res.fa, res.copies],
  };
}

function ofEstimator(spec: ModelSpec, config: LlamaCppConfig): ComparedPlan {
  const plan = planLlamaCpp(spec, { ...config, build: facts.name });
  const believed = plannedSizes(planLlamaCpp(spec, { ...config, build: facts.name, view: 'fit' }));
  return {
    weights: plan.gpus.map((gpu) => gpu.weightsBytes),
    cache: plan.gpus.map((gpu) => gpu.cacheBytes),
    compute: plan.gpus.map((gpu) => gpu.computeBytes),
    host: [plan.host.weightsBytes, plan.host.cacheBytes, plan.host.computeBytes],
    fitCompute: believed.compute,
    settings: [plan.numCtx, plan.flashAttention, plan.pipelineCopies],
  };
}

async function withModel<Result>(spec: ModelSpec, use: (path: string) => Promise<Result>): Promise<Result> {
  const path = join(work, 'model.gguf');
  await writeSparseGguf(spec, path);
  try {
    return await use(path);
  } finally {
    rmSync(path);
  }
}

async function addSmallModel(file: string): Promise<void> {
  const spec = specFromJson(JSON.parse(readFileSync(file, 'utf8')), basename(file, '.json'));
  const entry = await withModel(spec, (path) => smallEntry(spec, from.build, recorder.program, path));
  const comparison = new Comparison(`${spec.name} as ${from.build} plans it, against the estimator`);
  const line = JSON.stringify(entry);
  for (const { rows: own } of smallModels(line)) {
    for (const { label, recorded, planned } of own) {
      const estimated = { ...ofEstimator(spec, planned), fitCompute: undefined };
      comparison.add(spec.architecture, label, recorded, { ...estimated, settings: [estimated.settings[1]!] });
    }
  }
  console.log(comparison.report());
  const kept = gunzipSync(readFileSync(SMALL)).toString().split('\n');
  const others = kept.filter((one) => one !== '' && (JSON.parse(one) as { readonly name: string }).name !== spec.name);
  writeFileSync(SMALL, gzipSync(`${[...others, line].join('\n')}\n`, { level: 9 }));
}

/** The record of this build: the reference's rows, and over them those that are known to differ. */
function recordedRows(): readonly PlanRow[] {
  const rows = [...readRows<PlanRow>(join(truth, 'plans.jsonl'))];
  const own = readdirSync(truth).includes(`plans-${facts.name}.jsonl`) ? `plans-${facts.name}.jsonl` : undefined;
  for (const { row, asFitSeesIt } of own === undefined ? [] : readRows<BuildRow>(join(truth, own))) {
    const { compute_fit: _, host_compute_fit: __, ...res } = rows[row]!.res;
    const single = asFitSeesIt.devices.length === 1;
    // Of several devices only what --fit believes is recorded of other builds.
    const believed = asFitSeesIt.devices.map((device) => device.compute);
    const devices = asFitSeesIt.devices.map((device, i) => ({
      ...device,
      compute: single ? device.compute : res.devices[i]!.compute,
    }));
    rows[row] = {
      ...rows[row]!,
      res: { ...res, ...asFitSeesIt, devices, ...(single ? {} : { compute_fit: believed }) },
    };
  }
  return rows;
}

const rows = recordedRows();
const reference = readRows<PlanRow>(join(truth, 'plans.jsonl'));
const written = reference.map((row) => row);
const indexed = rows.map((row, index) => ({ row, index }));
for (const [name, own] of Map.groupBy(indexed, ({ row }) => row.model)) {
  const spec = models.get(name);
  if (spec === undefined) {
    continue;
  }
  console.error(`${name}: ${own.length} configurations`);
  const results = await withModel(spec, (path) =>
    dryRuns<DryRunResult>(
      recorder.program,
      path,
      own.map(({ row }) => planConfigOf(row.cfg)),
    ),
  );
  for (const [i, { row, index }] of own.entries()) {
    const result = results[i]!;
    const label = describeRow(row);
    if (!('devices' in row.res)) {
      continue;
    }
    const got = failed(result) ? result.error : ofRecord(result);
    againstRecord.add(spec.architecture, label, ofRecord(row.res), got);
    if (!failed(result)) {
      againstEstimator.add(spec.architecture, label, ofRecord(result), ofEstimator(spec, planConfig(row.cfg, 'real')));
      const { devices, host, compute_fit, host_compute_fit, n_ctx, fa, copies, splits } = result;
      written[index] = {
        ...row,
        res: { ...row.res, devices, host, n_ctx, fa, copies, splits, compute_fit, host_compute_fit },
      };
      const seen = devices.map((device, device_) => ({ ...device, compute: compute_fit[device_]! }));
      if (!sameAsReference(reference[index]!, result)) {
        newRows.push({ row: index, model: name, cfg: row.cfg, asFitSeesIt: { devices: seen, host, n_ctx } });
      }
    }
  }
}

function sameAsReference(row: PlanRow, result: DryRunResult): boolean {
  const a = ofRecord(row.res);
  const b = ofRecord(result);
  const believed = a.fitCompute ?? [...a.compute, a.host[2]!];
  return (
    [a.weights, a.cache, a.host, a.settings].join() === [b.weights, b.cache, b.host, b.settings].join() &&
    believed.join() === b.fitCompute!.join()
  );
}

const small = gunzipSync(readFileSync(SMALL)).toString();
const againstSmall = new Comparison('Small models of every architecture, against the record');
const smallEstimated = new Comparison(`Small models of every architecture, against the estimator, as ${facts.name}`);
for (const { spec, build, rows: own } of smallModels(small)) {
  // An architecture that came with another build is not for the reference to load.
  if (!spec.name.includes(values.only ?? '') || (build !== undefined && facts === REFERENCE_BUILD)) {
    continue;
  }
  console.error(`${spec.name}: ${own.length} configurations`);
  const results = await withModel(spec, (path) =>
    dryRuns<DryRunResult>(
      recorder.program,
      path,
      own.map(({ config }) => config),
    ),
  );
  for (const [i, { label, recorded, planned }] of own.entries()) {
    const result = results[i]!;
    // Context and copies of these rows are not recorded.
    const got = failed(result) ? result.error : { ...ofRecord(result), settings: [result.fa] };
    againstSmall.add(spec.architecture, label, recorded, got);
    if (!failed(result)) {
      smallEstimated.add(spec.architecture, label, ofRecord(result), ofEstimator(spec, planned));
    }
  }
}

console.log(`# llama.cpp ${from.build} (${from.name} ${from.version})\n`);
console.log(
  `CUDA's rules: ${recorder.rules === 'taken' ? "the package's own host functions" : 'as written down here'}.\n`,
);
console.log(againstRecord.report());
console.log(againstEstimator.report());
console.log(againstSmall.report());
console.log(smallEstimated.report());

if (values.fits) {
  const fits = readRows<FitRow>(join(truth, 'fits.jsonl'));
  const lines: string[] = [];
  let same = 0;
  let estimated = 0;
  let asked = 0;
  for (const [name, own] of Map.groupBy(fits, ({ model }) => model)) {
    const spec = models.get(name);
    if (spec === undefined) {
      continue;
    }
    console.error(`${name}: ${own.length} decisions of --fit`);
    const results = await withModel(spec, (path) => dryRuns<FitResult>(recorder.program, path, own.map(fitConfigOf)));
    for (const [i, row] of own.entries()) {
      const result = results[i]!;
      asked++;
      if (failed(result)) {
        lines.push(`- ${name} on ${row.gpus}: ${result.error}`);
        continue;
      }
      const decided = decision(result, row);
      const recorded = recordedDecision(row);
      const ours = estimatedDecision(spec, row);
      same += decided === recorded ? 1 : 0;
      estimated += decided === ours ? 1 : 0;
      if (decided !== recorded || decided !== ours) {
        lines.push(`- ${name} on ${row.gpus}: recorded ${recorded}; ${from.build} ${decided}; estimated ${ours}`);
      }
    }
  }
  console.log(
    `### Decisions of --fit\n\n${same} of ${asked} as recorded of ${REFERENCE_BUILD.name}, ${estimated} as estimated.\n`,
  );
  console.log(lines.slice(0, 40).join('\n'));
}

function decision({ n_gpu_layers, n_ctx, tensor_split, overrides }: FitResult, { cfg }: FitRow): string {
  const split = cfg.gpus.length > 1 && tensor_split.some((share) => share !== 0) ? tensor_split.join('/') : '-';
  return `layers ${n_gpu_layers}, context ${n_ctx}, split ${split}, overrides ${overrides.length}`;
}

function recordedDecision({ cfg, res }: FitRow): string {
  const shares = res.tensor_split ?? [];
  const split = cfg.gpus.length > 1 && shares.some((share) => share !== 0) ? shares.join('/') : '-';
  return `layers ${res.n_gpu_layers}, context ${res.n_ctx}, split ${split}, overrides ${res.n_overrides}`;
}

function estimatedDecision(spec: ModelSpec, { cfg }: FitRow): string {
  const gpus = cfg.gpus.map(([freeBytes, totalBytes], i) => ({ name: `CUDA${i}`, freeBytes, totalBytes }));
  const request: EstimateRequest = {
    numCtx: cfg.ctx,
    numBatch: cfg.batch,
    numUbatch: cfg.ubatch,
    numParallel: cfg.np,
    flashAttention: cfg.fa === 'auto' ? 'auto' : cfg.fa === 'on',
    kvCacheType: (cfg.k ?? 'f16') as KvCacheType,
    outputs: cfg.nout,
  };
  const config = { ...llamaCppConfig({ ollama: 'llama.cpp', gpus }, request), build: facts.name };
  const {
    config: chosen,
    overrides,
    kind,
  } = fitToMemory(spec, config, {
    marginsBytes: gpus.map(() => cfg.margin * 1024 * 1024),
  });
  const split = gpus.length > 1 && chosen.tensorSplit !== undefined ? chosen.tensorSplit.join('/') : '-';
  const numCtx = cfg.ctx === 0 && kind === 'unchanged' ? 0 : chosen.numCtx;
  return `layers ${chosen.numGpu}, context ${numCtx}, split ${split}, overrides ${overrides.length}`;
}

if (values.write) {
  const name = from.build === REFERENCE_BUILD.name ? 'plans.jsonl' : `plans-${from.build}.jsonl`;
  const path = join(truth, name);
  const lines = from.build === REFERENCE_BUILD.name ? written : newRows;
  writeFileSync(path, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  console.log(`\n${name}: ${lines.length} rows, ${packIntoRecord(path)} bytes in the record.`);
}
