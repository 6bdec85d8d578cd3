import { isEmbeddingModel } from '../../estimator/plan/facts.ts';
import { OllamaError } from '../../ollama/errors.ts';
import type { KeepAlive } from '../../ollama/keep-alive.ts';
import type { Remark, Server, ServerSnapshot } from '../types.ts';
import { type Choice, smallerContext } from './choose.ts';
import { type LoadProgress, watchLoad } from './load-progress.ts';
import { findLoaded, missingModels, proveLoad, readAgain } from './proof.ts';
import { takeBack } from './restore.ts';
import { type LoadOutcome, type LoadStep, type Mutable, Stop, toRemark } from './types.ts';

/** Loads tried with shorter contexts before giving up. */
const MAX_ATTEMPTS = 4;

export interface AttemptParts {
  readonly server: Server;
  readonly outcome: Mutable<LoadOutcome>;
  readonly keepAlive: KeepAlive | null;
  readonly partial: boolean;
  readonly settleMs: number;
  /** How long earlier loads of the model took here, ms; `null`: nothing is known. */
  readonly usualMs: number | null;
  /** Pause between looks at a load under way, ms. */
  readonly lookEveryMs: number;
  readonly signal: AbortSignal;
  readonly step: (name: LoadStep['name'], state: LoadStep['state'], params?: LoadStep['params']) => void;
  /** The best context on a server as it is now that is not above a bound; `null` where none is of use. */
  readonly chooseAgain: (ready: ServerSnapshot, mostCtx: number) => Promise<Choice | null>;
}

type Attempt = 'loaded' | { readonly problem: Remark; readonly lackBytes: number };

/**
 * Loads with the chosen context, and with shorter ones when the model spills to system memory or a GPU runs out of
 * memory. What is loaded at the end is in `outcome.proof`.
 * @throws Stop, OllamaError
 */
export async function loadAndProve(parts: AttemptParts, first: ServerSnapshot, chosen: Choice): Promise<void> {
  const { outcome, step, server } = parts;
  let ready = first;
  let choice: Choice | null = chosen;
  let last: Remark = { code: 'load-failed', params: {} };
  while (choice !== null && outcome.attempts < MAX_ATTEMPTS) {
    Object.assign(outcome, { plan: choice.plan, numCtx: choice.numCtx });
    const attempt = await tryOnce(parts, ready, choice);
    if (attempt === 'loaded') {
      return;
    }
    last = attempt.problem;
    const bound: number | null = smallerContext(choice.numCtx, attempt.lackBytes, choice.plan);
    if (bound === null || outcome.attempts >= MAX_ATTEMPTS) {
      break;
    }
    ready = await readAgain(server);
    const from: number = choice.numCtx;
    choice = await parts.chooseAgain(ready, bound);
    if (choice === null) {
      break;
    }
    outcome.clamp ??= { why: 'memory', excessBytes: attempt.lackBytes };
    step('smaller', 'done', { from, to: choice.numCtx });
  }
  throw new Stop('failed', last.code, last.params);
}

/** One load. A spill or out-of-memory is undone and told, anything else ends the way. */
async function tryOnce(parts: AttemptParts, ready: ServerSnapshot, choice: Choice): Promise<Attempt> {
  const { server, outcome, step, signal, settleMs } = parts;
  const { model, spec } = outcome;
  outcome.attempts += 1;
  const params = { ctx: choice.numCtx, attempt: outcome.attempts };
  step('load', 'running', params);
  const watched = {
    server,
    ready,
    plan: choice.plan,
    usualMs: parts.usualMs,
    everyMs: parts.lookEveryMs,
    now: monotonic,
  };
  const stopWatching = watchLoad(watched, (progress) => step('load', 'running', { ...params, ...told(progress) }));
  const begunMs = monotonic();
  try {
    await callLoad(parts, choice.numCtx, spec !== null && isEmbeddingModel(spec));
    outcome.loadMs = Math.round(monotonic() - begunMs);
  } catch (error) {
    stopWatching();
    signal.throwIfAborted();
    if (!isMemoryError(error)) {
      throw error;
    }
    step('load', 'failed', { ctx: choice.numCtx });
    // Ollama 0.30 and later unloads everything else when a load runs out of memory (server/sched.go).
    const after = await readAgain(server);
    if (after.ollama.state === 'up') {
      refuseEviction(
        missingModels(ready, after, []).map(({ name }) => name),
        { step: () => undefined },
      );
    }
    return { problem: toRemark(error), lackBytes: 0 };
  } finally {
    stopWatching();
  }
  step('load', 'done', { ctx: choice.numCtx, attempt: outcome.attempts });
  step('prove', 'running');
  const proof = await proveLoad(server, model, ready, choice.plan, [], settleMs, signal);
  if (typeof proof === 'string') {
    throw await explainMissing(parts, ready, proof);
  }
  const now = proof.contextLength;
  if (now !== null && isOthersContext(now, choice)) {
    step('prove', 'failed', { cause: 'reloaded', ctx: choice.numCtx, now });
    throw new Stop('failed', 'load-reloaded', { model, ctx: choice.numCtx, now });
  }
  outcome.proof = proof;
  refuseEviction(proof.evicted, parts);
  const { spilledBytes } = proof;
  if (proof.onGpu || parts.partial) {
    step('prove', 'done', proof.onGpu ? {} : { cause: 'partial', spilled: spilledBytes });
    return 'loaded';
  }
  outcome.proof = null;
  if (proof.sizeVramBytes === 0) {
    // Ollama sees no GPU there: no context is short enough to change that.
    step('prove', 'failed', { cause: 'no-gpu' });
    await takeBack(server, model, settleMs, signal);
    throw new Stop('failed', 'load-without-gpu', { model, server: server.name });
  }
  step('prove', 'failed', { cause: 'spilled', spilled: spilledBytes });
  await takeBack(server, model, settleMs, signal);
  return { problem: { code: 'load-spilled', params: { model, spilledBytes } }, lackBytes: spilledBytes };
}

/** How far a load is, as figures of its step. */
function told({ doneBytes, totalBytes, share, leftMs }: LoadProgress): LoadStep['params'] {
  return {
    cause: `${share === null ? 'unmeasured' : doneBytes === null ? 'timed' : 'measured'}${leftMs === null ? '' : '-left'}`,
    total: totalBytes,
    ...(doneBytes === null ? {} : { done: doneBytes }),
    ...(share === null ? {} : { share }),
    ...(leftMs === null ? {} : { left: leftMs }),
  };
}

const monotonic = () => performance.now();

/** Ollama raises small contexts of some models by itself, at most to this (server/routes.go: vision, gpt-oss, qwen3-vl). */
const RAISED_CTX = 8_192;

/** Whether a model has a context that nobody but another client can have asked for. */
function isOthersContext(now: number, { numCtx, plan }: Choice): boolean {
  const raised = now > numCtx && now <= RAISED_CTX;
  return now !== numCtx && now !== plan.numCtx && !raised;
}

/** Why a model that was loaded is not there when it is looked for. */
async function explainMissing(
  { server, outcome, step }: AttemptParts,
  ready: ServerSnapshot,
  missing: 'gone' | 'unreadable',
): Promise<Stop> {
  const { model } = outcome;
  if (missing === 'unreadable') {
    step('prove', 'failed', { cause: 'unreadable' });
    return new Stop('failed', 'ollama-gone', { server: server.name });
  }
  const after = await readAgain(server);
  const newcomers = (after.models ?? []).filter(({ name }) => findLoaded(ready, name) === null).map(({ name }) => name);
  step('prove', 'failed', { cause: 'gone' });
  return newcomers.length > 0
    ? new Stop('failed', 'load-displaced', { model, models: newcomers.join(', ') })
    : new Stop('failed', 'load-vanished', { model });
}

/** What nobody agreed to is undone: the way ends, and the models are put back. */
function refuseEviction(evicted: readonly string[], { step }: Pick<AttemptParts, 'step'>): void {
  if (evicted.length > 0) {
    step('prove', 'failed', { cause: 'evicted', models: evicted.join(', ') });
    throw new Stop('failed', 'load-evicted', { models: evicted.join(', ') });
  }
}

/** The load itself; also renews the time of a model that is there with the same context. */
export async function callLoad(
  parts: Pick<AttemptParts, 'server' | 'outcome' | 'keepAlive' | 'signal'>,
  numCtx: number,
  embedding?: boolean,
): Promise<void> {
  await parts.server.ollama.load(parts.outcome.model, {
    numCtx,
    signal: parts.signal,
    ...(parts.keepAlive === null ? {} : { keepAlive: parts.keepAlive }),
    ...(embedding === undefined ? {} : { embedding }),
  });
}

/** Whether a shorter context may help. */
function isMemoryError(error: unknown): boolean {
  if (!(error instanceof OllamaError)) {
    return false;
  }
  const { code, params } = error;
  return (
    code === 'out-of-memory' || code === 'needs-more-memory' || (code === 'runner-died' && params.reason === 'memory')
  );
}
