import { QUANTIZE_ERAS } from '../estimator/model/quantize/targets.ts';
import { KV_CACHE_TYPES } from '../estimator/plan/checks.ts';
import type { ToolCommand } from './command.ts';
import { SHELLS } from './shells.ts';

/** Every command of the tool, in the order of the help. What does the work is imported when it is called. */
export const toolCommands: readonly ToolCommand[] = [
  {
    name: 'fit',
    description: 'tool.fit',
    args: [{ name: 'MODEL', description: 'tool.fit.model' }],
    options: [
      { name: 'ctx', value: 'N', description: 'tool.option.ctx' },
      { name: 'gpus', value: 'LIST', description: 'tool.option.gpus' },
      { name: 'ollama', value: 'VERSION', description: 'tool.option.ollama' },
      { name: 'kv', value: 'TYPE', description: 'tool.option.kv', choices: [...KV_CACHE_TYPES] },
      { name: 'parallel', value: 'N', description: 'tool.option.parallel' },
      { name: 'quant', value: 'TARGET', description: 'tool.option.quant' },
      { name: 'on', value: '0,1', description: 'option.on' },
      { name: 'sweep', description: 'tool.option.sweep' },
      { name: 'server', value: 'NAME', description: 'tool.option.server' },
      { name: 'json', description: 'tool.option.json' },
      { name: 'explain', description: 'tool.option.explain' },
      { name: 'launch', description: 'tool.option.launch' },
    ],
    examples: [
      'fit gemma3:12b',
      'fit gemma3:12b --ctx 128k --gpus "2x4090"',
      'fit ./model.gguf --gpus 24GiB:22.1GiB,8GiB',
    ],
    exits: [
      [0, 'tool.exit.fits'],
      [2, 'tool.exit.partial'],
      [3, 'tool.exit.not'],
    ],
    load: async () => (await import('./fit.ts')).runFit,
  },
  {
    name: 'estimate',
    description: 'tool.estimate',
    examples: ['estimate < questions.jsonl > answers.jsonl'],
    exits: [[0, 'tool.exit.estimate']],
    load: async () => (await import('./batch.ts')).runBatch,
  },
  {
    name: 'quantize',
    description: 'tool.quantize',
    args: [{ name: 'MODEL', description: 'tool.fit.model' }],
    options: [
      { name: 'to', value: 'TARGET', description: 'tool.quantize.to', required: true },
      { name: 'era', value: 'ERA', description: 'tool.quantize.era', choices: QUANTIZE_ERAS },
      { name: 'imatrix', description: 'tool.quantize.imatrix' },
      { name: 'json', description: 'tool.option.json' },
    ],
    examples: ['quantize qwen3:8b --to Q3_K_M'],
    load: async () => (await import('./quantize.ts')).runQuantize,
  },
  {
    name: 'plan',
    description: 'tool.plan',
    args: [{ name: 'MODELS', description: 'tool.plan.models', variadic: true }],
    options: [
      { name: 'gpus', value: 'LIST', description: 'tool.option.gpus' },
      { name: 'ollama', value: 'VERSION', description: 'tool.option.ollama' },
      { name: 'server', value: 'NAME', description: 'tool.option.server' },
      { name: 'json', description: 'tool.option.json' },
    ],
    examples: ['plan "gemma3:12b@32k nomic-embed-text" --gpus 24GiB'],
    exits: [
      [0, 'tool.exit.together'],
      [2, 'tool.exit.smaller'],
      [3, 'tool.exit.not-together'],
    ],
    load: async () => (await import('./plan.ts')).runPlan,
  },
  {
    name: 'explain',
    description: 'tool.explain-log',
    args: [{ name: 'FILE', description: 'tool.explain-log.file', optional: true }],
    options: [{ name: 'json', description: 'tool.option.json' }],
    examples: ['explain server.log', 'explain < server.log'],
    load: async () => (await import('./explain.ts')).runExplain,
  },
  {
    name: 'start',
    description: 'tool.start',
    needsNode24: true,
    load: async () => (tool) => tool.start(),
  },
  {
    name: 'init',
    description: 'tool.init',
    exits: [[0, 'tool.exit.init']],
    load: async () => (await import('./init.ts')).runInit,
  },
  {
    name: 'invite',
    description: 'tool.invite',
    load: async () => (await import('./init.ts')).runInvite,
  },
  {
    name: 'backup',
    description: 'tool.backup',
    args: [{ name: 'FILE', description: 'tool.backup.file' }],
    examples: ['backup headroom-monday.db'],
    needsNode24: true,
    load: async () => (await import('./backup.ts')).runBackup,
  },
  {
    name: 'restore',
    description: 'tool.restore',
    args: [{ name: 'FILE', description: 'tool.restore.file' }],
    options: [{ name: 'replace', description: 'tool.restore.replace' }],
    examples: ['restore headroom-monday.db'],
    needsNode24: true,
    load: async () => (await import('./backup.ts')).runRestore,
  },
  {
    name: 'doctor',
    description: 'tool.doctor',
    exits: [[0, 'tool.exit.doctor']],
    needsNode24: true,
    load: async () => (tool) => tool.doctor(),
  },
  {
    name: 'completion',
    description: 'tool.completion',
    args: [{ name: 'SHELL', description: 'tool.completion.shell', choices: SHELLS }],
    examples: ['completion bash > ~/.local/share/bash-completion/completions/headroom'],
    load: async () => (await import('./completion.ts')).runCompletion,
  },
];
