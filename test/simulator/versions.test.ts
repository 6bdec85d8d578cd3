// The simulator answers as real servers of each version did: status, words of failures, and which fields there are.
import { afterEach, describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { ManualClock } from '../../src/simulator/clock.ts';
import { demoMachine } from '../../src/simulator/demo-machine.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { SimulatedModel } from '../../src/simulator/types.ts';
import { RECORDED_VERSIONS, type Recorded, recordedAnswers, recordedText } from '../support/recorded-answers.ts';

let simulator: Simulator;
afterEach(() => simulator.close());

const small = builtinCatalogue().find('llama3.2:1b')!;
const embedder = builtinCatalogue().find('nomic-embed-text')!;
const MODELS: readonly SimulatedModel[] = [
  { spec: { ...small, name: 'tiny:latest' } },
  { spec: { ...small, name: 'tiny-ctx:latest' }, parameters: { num_ctx: 2048 } },
  { spec: { ...embedder, name: 'nomic-embed-text:latest' } },
  { spec: { ...small, name: 'broken:latest' }, file: 'damaged' },
  { spec: { ...small, name: 'weirdarch:latest' }, file: 'unsupported' },
];

/** In the order in which they were recorded, as far as one answer rests on another. */
const PLAYED = [
  'version',
  'root',
  'not-a-path',
  'ps-empty',
  'tags',
  'show-tiny-ctx',
  'show-not-found',
  'show-no-name',
  'show-get-method',
  'show-broken',
  'generate-not-found',
  'generate-no-body',
  'generate-bad-json',
  'generate-bad-keepalive',
  'generate-bad-option-type',
  'generate-unknown-option',
  'load',
  'ps-loaded',
  'load-again-other-ctx',
  'ps-pinned',
  'unload',
  'ps-just-unloaded',
  'unload-not-loaded',
  'unload-unknown',
  'load-keepalive-half-second',
  'load-embed-model-by-generate',
  'load-embed-model-by-embed',
  'embed-on-llm',
  'load-broken',
  'load-weird-arch',
  'create-from',
  'create-bad-name',
  'copy',
  'copy-missing',
  'delete',
  'delete-missing',
  'pull-bad-name',
] as const;

async function play({ request }: Recorded) {
  const { body } = request;
  const raw = body === null ? undefined : 'raw' in body ? String(body.raw) : JSON.stringify(body);
  const response = await fetch(`${simulator.url}${request.path}`, {
    method: request.method,
    ...(raw === undefined ? {} : { body: raw }),
  });
  return { status: response.status, text: await response.text() };
}

/** What of an answer is compared: its failure's words, or its fields. */
function shape(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.trim();
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if ('error' in value) {
    return (
      String(value.error)
        .replace(/sha256-[0-9a-f]+/, 'sha256')
        .replace(/^(unable to load model: ).*/, '$1')
        .replace(/\(\d+\)/g, '(n)')
        .replace(/'token_embd\.weight'|"token_embd\.weight"/, 'tensor')
        // Go's parser of JSON and Node's have words of their own.
        .replace(/^(invalid character|Expected property name).*/, 'invalid')
    );
  }
  if ('done_reason' in value) {
    return { done_reason: value.done_reason };
  }
  if ('models' in value && Array.isArray(value.models)) {
    const [model] = value.models.filter(({ remote_host }) => remote_host === undefined);
    return model === undefined ? [] : [Object.keys(model).sort(), Object.keys(model.details).sort()];
  }
  if ('version' in value) {
    return 'a version';
  }
  return Object.keys(value).sort();
}

describe.each(RECORDED_VERSIONS)('as Ollama %s', (version) => {
  it('answers what it was recorded to answer', async () => {
    const there = recordedText(recordedAnswers(version).tags!);
    const models = MODELS.filter(({ spec }) => there.includes(`"${spec.name}"`));
    simulator = await startSimulator({
      ...demoMachine(models),
      timing: { recoveryMs: 10 },
      clock: new ManualClock(),
      ollamaVersion: version,
    });
    let paused = false;
    let over = false;
    const time = (async () => {
      while (!over) {
        await (paused ? new Promise((resolve) => setTimeout(resolve, 1)) : simulator.advance(5));
      }
    })();
    const faults: string[] = [];
    for (const name of PLAYED) {
      const recorded = recordedAnswers(version)[name]!;
      // Between the unload and the look at what is leaving no time passes.
      paused = name === 'unload' || name === 'ps-just-unloaded';
      const played = await play(recorded);
      const [is, should] = [shape(played.text), shape(recordedText(recorded))];
      if (played.status !== recorded.status || JSON.stringify(is) !== JSON.stringify(should)) {
        faults.push(
          `${name}: ${played.status} ${JSON.stringify(is)} instead of ${recorded.status} ${JSON.stringify(should)}`,
        );
      }
    }
    over = true;
    await time;
    expect(faults).toEqual([]);
  });
});
