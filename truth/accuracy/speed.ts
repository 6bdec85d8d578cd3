/**
 * Accuracy of the speed estimate: loads on a real H100 (`speed.jsonl`: llama-server b10454, 32 tokens behind prompts of
 * several lengths; placements from `h100.jsonl`) and public reports of other cards (`speed-public.jsonl`, each with its
 * source). Rates were fitted on both; what is left out of a fit is off by as much as docs/truth.md says.
 */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { planFixed } from '../../src/estimator/plan/decide.ts';
import { estimateSpeed } from '../../src/estimator/speed/speed.ts';
import type { GpuDevice, ModelSpec } from '../../src/estimator/types.ts';
import { unpackRecord } from '../record.ts';
import { planH100, readH100 } from './h100.ts';

const loadSchema = z.object({
  id: z.string(),
  gpu: z.string(),
  model: z.string(),
  args: z.array(z.string()).nullable(),
  promptTokensPerSecond: z.record(z.string(), z.number()),
  generatedTokensPerSecond: z.number(),
});

const reportSchema = z.object({
  gpu: z.string(),
  gpus: z.number(),
  model: z.string(),
  /** Tokens in the context while it generated, about. */
  context: z.number(),
  /** The first so many layers keep their experts in system memory. */
  cpuExpertLayers: z.number().optional(),
  promptTokensPerSecond: z.record(z.string(), z.number()).optional(),
  generatedTokensPerSecond: z.number(),
  source: z.url(),
});

/** A measured speed beside the estimate, tokens per second. */
export interface SpeedScore {
  readonly id: string;
  readonly kind: 'h100' | 'public';
  readonly generated: readonly [real: number, estimated: number];
  readonly prompts: readonly (readonly [real: number, estimated: number])[];
}

/** A load of the H100 of which only the speed is on record: nothing else was on the card. */
const IDLE = { options: null, env: {}, freeBytesBefore: 85_017_493_504, buffersMiB: {}, usedMoreBytes: {} };
const EXPERTS = '\\.ffn_(up|down|gate_up|gate)_(ch|)exps';
const ROOMY = 1024 ** 4;

/** Every recorded speed whose model `find` knows. */
export async function speedScores(
  truthDir: string,
  find: (name: string) => ModelSpec | null,
): Promise<readonly SpeedScore[]> {
  return [...(await h100Scores(truthDir, find)), ...(await publicScores(truthDir, find))];
}

async function rowsOf<Row>(path: string, schema: z.ZodType<Row>): Promise<readonly Row[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => schema.parse(JSON.parse(line)));
}

async function h100Scores(truthDir: string, find: (name: string) => ModelSpec | null): Promise<readonly SpeedScore[]> {
  const loads = new Map((await readH100(truthDir)).map((row) => [row.id, row]));
  const scores: SpeedScore[] = [];
  for (const row of await rowsOf(join(truthDir, 'speed.jsonl'), loadSchema)) {
    const spec = find(row.model);
    if (spec === null) {
      continue;
    }
    const plan = planH100(loads.get(row.id) ?? { ...IDLE, ...row }, spec);
    const server = { gpus: [card(row.gpu)] };
    const question = { cpuTensors: row.args?.includes('--cpu-moe') === true ? [EXPERTS] : [] };
    const speed = estimateSpeed(spec, server, plan, question);
    if (speed !== null) {
      const prompts = Object.entries(row.promptTokensPerSecond).map(([tokens, real]) => {
        const estimate = estimateSpeed(spec, server, plan, { ...question, promptTokens: Number(tokens) });
        return [real, estimate!.promptTokensPerSecond] as const;
      });
      scores.push({
        id: row.id,
        kind: 'h100',
        generated: [row.generatedTokensPerSecond, speed.generatedTokensPerSecond],
        prompts,
      });
    }
  }
  return scores;
}

async function publicScores(
  truthDir: string,
  find: (name: string) => ModelSpec | null,
): Promise<readonly SpeedScore[]> {
  const scores: SpeedScore[] = [];
  // Other records have only what was measured for them.
  const own = join(truthDir, 'speed-public.jsonl');
  for (const row of await rowsOf(existsSync(own) ? own : join(unpackRecord(), 'speed-public.jsonl'), reportSchema)) {
    const spec = find(row.model) ?? builtinCatalogue().find(row.model);
    if (spec === null) {
      continue;
    }
    const gpus = Array.from({ length: row.gpus }, () => card(row.gpu));
    const layers = Array.from({ length: row.cpuExpertLayers ?? 0 }, (_, layer) => layer);
    const cpuTensors = layers.length === 0 ? [] : [`blk\\.(?:${layers.join('|')})${EXPERTS}`];
    const server = { ollama: 'llama.cpp', gpus };
    const plan = planFixed(spec, server, { numCtx: 4096, cpuTensors });
    const speed = estimateSpeed(spec, server, plan, { contextTokens: row.context, cpuTensors });
    if (speed !== null) {
      const prompts = Object.values(row.promptTokensPerSecond ?? {}).map(
        (real) => [real, speed.promptTokensPerSecond] as const,
      );
      scores.push({
        id: `${row.gpus === 1 ? '' : `${row.gpus} × `}${row.gpu}, ${row.model}`,
        kind: 'public',
        generated: [row.generatedTokensPerSecond, speed.generatedTokensPerSecond],
        prompts,
      });
    }
  }
  return scores;
}

function card(name: string): GpuDevice {
  const computeCapability = 8;
  const library = /^Apple/.test(name) ? 'Metal' : 'CUDA';
  return { name, totalBytes: ROOMY, freeBytes: ROOMY, computeCapability, library };
}

/** Errors in order, the smallest first. */
export function speedErrors(pairs: readonly (readonly [real: number, estimated: number])[]): readonly number[] {
  return pairs.map(([real, estimated]) => Math.abs(estimated - real) / real).sort((a, b) => a - b);
}

/** The Markdown section for `npm run accuracy`. */
export async function speedSection(truthDir: string, find: (name: string) => ModelSpec | null): Promise<string> {
  const scores = await speedScores(truthDir, find);
  const line = (what: string, pairs: readonly (readonly [number, number])[]): string => {
    const errors = speedErrors(pairs);
    const at = (share: number): string =>
      percent(errors[Math.min(errors.length - 1, Math.floor(errors.length * share))]!);
    return `| ${what} | ${errors.length} | ${at(0.5)} | ${at(0.9)} | ${at(1)} |`;
  };
  const of = (kind: SpeedScore['kind']): readonly SpeedScore[] => scores.filter((score) => score.kind === kind);
  const worst = scores.filter(({ generated: [real, estimated] }) => Math.abs(estimated - real) / real > 0.3);
  return [
    '### Speed',
    '',
    '| what | figures | median error | p90 | most |',
    '|---|---|---|---|---|',
    line(
      'generation, a real H100',
      of('h100').map(({ generated }) => generated),
    ),
    line(
      'generation, public reports',
      of('public').map(({ generated }) => generated),
    ),
    line(
      'generation, all',
      scores.map(({ generated }) => generated),
    ),
    line(
      'prompts, a real H100',
      of('h100').flatMap(({ prompts }) => prompts),
    ),
    line(
      'prompts, public reports',
      of('public').flatMap(({ prompts }) => prompts),
    ),
    '',
    ...worst.map(({ id, generated: [real, estimated] }) => `- ${id}: ${real} tok/s, estimated ${estimated.toFixed(1)}`),
    '',
  ].join('\n');
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}
