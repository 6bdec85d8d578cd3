/**
 * The safe load: look, plan, clamp, make room with consent, load, prove, and on failure leave the server as it was.
 * It runs as the only load of its server (queue.ts) and never throws: every end is an outcome.
 */

import { isCloudName, parseModelName } from '../../catalogue/names.ts';
import type { Calibration } from '../../estimator/calibration.ts';
import { defaultContext } from '../../estimator/default-context.ts';
import { architectureNumber, isEmbeddingModel } from '../../estimator/estimate-facts.ts';
import type { EstimateRequest, EstimateServer, KvCacheType, ModelSpec, Plan } from '../../estimator/types.ts';
import { parseKeepAlive } from '../../ollama/keep-alive.ts';
import { ASSUMED_OLLAMA_VERSION, estimateServer } from '../estimate-server.ts';
import type { LoadedModelView, Remark, Server, ServerSnapshot } from '../types.ts';
import { type Choice, chooseContext, smallerContext } from './choose.ts';
import type { HoldBook } from './holds.ts';
import { findUnloadable } from './in-the-way.ts';
import { findLoaded, proveLoad, proveUnload, readAgain, sameModel } from './proof.ts';
import type { AskHolder, LoadOrder, LoadOutcome, LoadStep, Proof } from './types.ts';

/** Loads tried with shorter contexts before giving up. */
const MAX_ATTEMPTS = 4;
/** Kept free on every GPU beyond the plan: drivers and libraries grow a little after a load. */
const MARGIN_BYTES = 128 * 2 ** 20;
const UNLOAD_LIMIT_MS = 20_000;
/** For putting back what was there; a restore must not take longer than this in all. */
const RESTORE_LIMIT_MS = 10 * 60_000;

export interface LoadParts {
  readonly server: Server;
  readonly holds: HoldBook;
  readonly findSpec: (model: string, signal: AbortSignal) => Promise<ModelSpec>;
  readonly askHolder: AskHolder;
  readonly calibration: Calibration | null;
  /** Cap on the context, tokens; `null` = none. */
  readonly maxCtx: number | null;
  readonly now: () => number;
}

export interface LoadRun {
  readonly signal: AbortSignal;
  readonly onStep: (step: LoadStep) => void;
}

/** An end before the load; the outcome says it. */
class Stop extends Error {
  readonly result: LoadOutcome['result'];
  readonly problem: Remark;

  constructor(result: LoadOutcome['result'], code: string, params: Remark['params'] = {}) {
    super(code);
    this.name = 'Stop';
    this.result = result;
    this.problem = { code, params };
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Loads a model safely. Never rejects. */
export async function safeLoad(parts: LoadParts, order: LoadOrder, run: LoadRun): Promise<LoadOutcome> {
  return new SafeLoad(parts, order, run).run();
}

class SafeLoad {
  readonly #parts: LoadParts;
  readonly #order: LoadOrder;
  readonly #run: LoadRun;
  readonly #outcome: Mutable<LoadOutcome>;
  /** What the model itself was loaded as before, to put it back. */
  #earlier: LoadedModelView | null = null;
  #touched = false;

  constructor(parts: LoadParts, order: LoadOrder, run: LoadRun) {
    this.#parts = parts;
    this.#order = order;
    this.#run = run;
    this.#outcome = {
      result: 'failed',
      problem: null,
      model: order.model,
      server: parts.server.name,
      spec: null,
      askedCtx: order.numCtx ?? null,
      numCtx: null,
      excessBytes: null,
      plan: null,
      proof: null,
      attempts: 0,
      unloaded: [],
      inTheWay: [],
      alias: null,
      before: null,
    };
  }

  async run(): Promise<LoadOutcome> {
    try {
      await this.#way();
    } catch (error) {
      const aborted = this.#run.signal.aborted;
      if (error instanceof Stop && !aborted) {
        this.#outcome.result = error.result;
        this.#outcome.problem = error.problem;
      } else {
        this.#outcome.result = aborted ? 'canceled' : 'failed';
        this.#outcome.problem = aborted ? { code: 'canceled', params: {} } : toRemark(error);
      }
      if (this.#touched) await this.#restore();
    }
    return this.#outcome;
  }

  async #way(): Promise<void> {
    const { server } = this.#parts;
    const before = await this.#look();
    const spec = await this.#parts.findSpec(this.#outcome.model, this.#run.signal);
    this.#outcome.spec = spec;
    const request = this.#request();
    const wantedCtx = this.#wantedCtx(spec, before);
    if (await this.#alreadyThere(before, wantedCtx)) return;
    await this.#consentToReplace(before, wantedCtx);
    const agreed = await this.#consentToUnload(before);
    const choice = this.#choose(spec, before, request, wantedCtx, agreed);
    await this.#unload(before, agreed);
    const ready = agreed.length === 0 ? before : await readAgain(server);
    await this.#loadAndProve(spec, ready, choice);
    await this.#makeAlias();
  }

  #step(name: LoadStep['name'], state: LoadStep['state'], params: LoadStep['params'] = {}): void {
    this.#run.onStep({ name, state, params });
  }

  /** A fresh snapshot, and the server's own spelling of the name. */
  async #look(): Promise<ServerSnapshot> {
    const { server } = this.#parts;
    const { signal } = this.#run;
    this.#step('look', 'running');
    const snapshot = await readAgain(server);
    signal.throwIfAborted();
    this.#outcome.before = snapshot;
    if (snapshot.ollama.state !== 'up') {
      throw new Stop('failed', `ollama-${snapshot.ollama.state}`, { server: server.name });
    }
    const parsed = parseModelName(this.#order.model);
    if (!parsed.ok) throw new Stop('refused', parsed.code);
    if (isCloudName(parsed.name)) throw new Stop('refused', 'model-cloud', { model: this.#order.model });
    const models = await server.ollama.tags({ signal });
    const entry = models.find((model) => sameModel(model.name, this.#order.model));
    if (entry === undefined)
      throw new Stop('refused', 'model-not-pulled', { model: this.#order.model, server: server.name });
    if (entry.isCloud) throw new Stop('refused', 'model-cloud', { model: entry.name });
    this.#outcome.model = entry.name;
    this.#earlier = findLoaded(snapshot, entry.name);
    const { alias } = this.#order;
    const taken = alias === undefined ? undefined : models.find((model) => sameModel(model.name, alias));
    if (taken !== undefined && !sameModel(taken.details.parentModel, entry.name)) {
      throw new Stop('refused', 'alias-taken', { alias: taken.name });
    }
    this.#step('look', 'done');
    return snapshot;
  }

  #request(): EstimateRequest {
    const { env } = this.#parts.server.config;
    return {
      numCtx: 0,
      flashAttention: env.flashAttention ?? 'auto',
      ...(env.kvCacheType === null ? {} : { kvCacheType: env.kvCacheType as KvCacheType }),
      ...(env.numParallel === null ? {} : { numParallel: env.numParallel }),
    };
  }

  #wantedCtx(spec: ModelSpec, before: ServerSnapshot): number {
    const { maxCtx, server } = this.#parts;
    const asked = this.#order.numCtx;
    if (asked !== undefined && maxCtx !== null && asked > maxCtx)
      throw new Stop('refused', 'ctx-above-cap', { ctx: asked, max: maxCtx });
    const trained = architectureNumber(spec, 'context_length');
    const version = before.ollama.state === 'up' ? before.ollama.version.text : ASSUMED_OLLAMA_VERSION;
    const own = defaultContext(version, before.figures.totalBytes ?? 0, server.config.env.contextLength, trained);
    const wanted = asked ?? Math.min(own, maxCtx ?? own);
    return trained > 0 ? Math.min(wanted, trained) : wanted;
  }

  /** Loaded with this very context and wholly on the GPUs: only its time is renewed. */
  async #alreadyThere(before: ServerSnapshot, wantedCtx: number): Promise<boolean> {
    const earlier = this.#earlier;
    if (earlier === null || earlier.stopping || earlier.contextLength !== wantedCtx) return false;
    if (earlier.sizeVramBytes < earlier.sizeBytes && !this.#order.partial) return false;
    await this.#callLoad(wantedCtx);
    this.#outcome.proof = await this.#prove(before, null);
    this.#outcome.numCtx = wantedCtx;
    this.#outcome.result = 'loaded';
    await this.#makeAlias();
    return true;
  }

  /** Another context means a reload: whoever holds the model now is asked. */
  async #consentToReplace(before: ServerSnapshot, wantedCtx: number): Promise<void> {
    const earlier = this.#earlier;
    if (earlier === null) return;
    if (await this.#mayTouch(earlier.name)) return;
    const hold = await this.#parts.holds.get(before.name, earlier.name);
    throw new Stop('refused', 'held-with-other-ctx', {
      model: earlier.name,
      holder: hold?.holderName ?? '',
      ctx: earlier.contextLength ?? 0,
      wanted: wantedCtx,
    });
  }

  /** Whether a loaded model may be unloaded or reloaded: nobody's, one's own, agreed to, or overridden by an admin. */
  async #mayTouch(model: string): Promise<boolean> {
    const hold = await this.#parts.holds.get(this.#parts.server.name, model);
    if (hold === null || hold.holderId === this.#order.by.id) return true;
    if (this.#order.overrideHolds && this.#order.by.isAdmin) return true;
    this.#step('ask', 'running', { model, holder: hold.holderName });
    const answer = await this.#parts.askHolder(hold, this.#order, this.#parts.server.name, this.#run.signal);
    this.#run.signal.throwIfAborted();
    this.#step('ask', answer === 'agree' ? 'done' : 'failed', { model, holder: hold.holderName });
    return answer === 'agree';
  }

  async #consentToUnload(before: ServerSnapshot): Promise<readonly string[]> {
    const agreed: string[] = [];
    for (const wanted of this.#order.mayUnload) {
      const loaded = findLoaded(before, wanted);
      if (loaded !== null && !sameModel(loaded.name, this.#outcome.model) && (await this.#mayTouch(loaded.name))) {
        agreed.push(loaded.name);
      }
    }
    return agreed;
  }

  #estimate(before: ServerSnapshot, gone: readonly string[]): EstimateServer {
    const { server, calibration } = this.#parts;
    const without = [this.#outcome.model, ...gone];
    const plain = estimateServer(before, server.config, { without });
    if (calibration === null) return plain;
    const factors = calibration.factorsFor(
      plain.gpus.map((gpu) => gpu.name),
      this.#outcome.model,
    );
    return { ...plain, calibration: factors };
  }

  #choose(
    spec: ModelSpec,
    before: ServerSnapshot,
    request: EstimateRequest,
    wantedCtx: number,
    agreed: readonly string[],
  ): Choice {
    this.#step('plan', 'running');
    const server = this.#estimate(before, agreed);
    if (before.gpuStale || (server.gpus.length === 0 && before.gpus?.source !== 'none' && !this.#order.partial)) {
      throw new Stop('refused', 'gpus-unknown', { server: before.name });
    }
    const { partial } = this.#order;
    const input = { spec, server, request, wantedCtx, partial, marginBytes: MARGIN_BYTES };
    const choice = chooseContext(input);
    if (choice === null || choice.excessBytes > 0) {
      this.#outcome.inTheWay = findUnloadable(before, this.#outcome.model, agreed, choice?.numCtx ?? 0, (gone) =>
        chooseContext({ ...input, server: this.#estimate(before, [...agreed, ...gone]) }),
      );
    }
    if (choice === null) {
      const params = { model: this.#outcome.model, ctx: wantedCtx };
      if (this.#outcome.inTheWay.length > 0) throw new Stop('needs-room', 'needs-room', params);
      throw new Stop('refused', 'does-not-fit', params);
    }
    this.#outcome.plan = choice.plan;
    this.#outcome.excessBytes = choice.excessBytes > 0 ? choice.excessBytes : null;
    this.#step('plan', 'done', { ctx: choice.numCtx, wanted: wantedCtx, excess: choice.excessBytes });
    return choice;
  }

  async #unload(before: ServerSnapshot, agreed: readonly string[]): Promise<void> {
    const { server, holds } = this.#parts;
    for (const name of agreed) {
      const loaded = findLoaded(before, name);
      if (loaded === null) continue;
      this.#step('unload', 'running', { model: name });
      this.#touched = true;
      await server.ollama.unload(name, { signal: this.#run.signal });
      this.#outcome.unloaded = [...this.#outcome.unloaded, name];
      const { result } = await proveUnload(server, loaded, before, UNLOAD_LIMIT_MS, this.#run.signal);
      if (result === 'still-loaded') throw new Stop('failed', 'unload-stuck', { model: name });
      await holds.release(server.name, name);
      this.#step('unload', 'done', { model: name });
    }
  }

  async #loadAndProve(spec: ModelSpec, before: ServerSnapshot, choice: Choice): Promise<void> {
    let numCtx: number | null = choice.numCtx;
    let plan: Plan | null = choice.plan;
    let last: Remark = { code: 'load-spilled', params: {} };
    while (numCtx !== null && this.#outcome.attempts < MAX_ATTEMPTS) {
      const attempt = await this.#attempt(spec, before, numCtx, plan);
      if ('proof' in attempt) {
        Object.assign(this.#outcome, { proof: attempt.proof, numCtx, result: 'loaded', problem: null });
        return;
      }
      last = attempt.problem;
      const next: number | null = smallerContext(numCtx, attempt.lackBytes, plan ?? choice.plan);
      this.#step('smaller', 'running', { from: numCtx, to: next ?? 0, lack: attempt.lackBytes });
      numCtx = next;
      plan = null;
    }
    throw new Stop('failed', last.code, last.params);
  }

  /** One load. A spill or out-of-memory is unloaded again and told, anything else ends the way. */
  async #attempt(
    spec: ModelSpec,
    before: ServerSnapshot,
    numCtx: number,
    plan: Plan | null,
  ): Promise<{ readonly proof: Proof } | { readonly problem: Remark; readonly lackBytes: number }> {
    const { server } = this.#parts;
    this.#outcome.attempts += 1;
    this.#touched = true;
    this.#step('load', 'running', { ctx: numCtx, attempt: this.#outcome.attempts });
    try {
      await this.#callLoad(numCtx, isEmbeddingModel(spec));
    } catch (error) {
      if (!isMemoryError(error)) throw error;
      this.#step('load', 'failed', { ctx: numCtx });
      return { problem: toRemark(error), lackBytes: 0 };
    }
    this.#step('load', 'done', { ctx: numCtx });
    const proof = await this.#prove(before, plan);
    if (proof === null) throw new Stop('failed', 'load-vanished', { model: this.#outcome.model });
    if (proof.onGpu || this.#order.partial) return { proof };
    this.#step('prove', 'failed', { ctx: numCtx, spilled: proof.sizeBytes - proof.sizeVramBytes });
    await this.#takeBack(server);
    const spilled = proof.sizeBytes - proof.sizeVramBytes;
    return {
      problem: { code: 'load-spilled', params: { model: this.#outcome.model, spilledBytes: spilled } },
      lackBytes: spilled,
    };
  }

  async #callLoad(numCtx: number, embedding?: boolean): Promise<void> {
    const { keepAlive } = this.#order;
    const parsed = keepAlive === undefined ? null : parseKeepAlive(keepAlive);
    if (keepAlive !== undefined && parsed === null) throw new Stop('refused', 'bad-keep-alive', { value: keepAlive });
    await this.#parts.server.ollama.load(this.#outcome.model, {
      numCtx,
      signal: this.#run.signal,
      ...(parsed === null ? {} : { keepAlive: parsed }),
      ...(embedding === undefined ? {} : { embedding }),
    });
  }

  async #prove(before: ServerSnapshot, plan: Plan | null): Promise<Proof | null> {
    this.#step('prove', 'running');
    const { server } = this.#parts;
    const proof = await proveLoad(server, this.#outcome.model, before, plan, this.#outcome.unloaded, this.#run.signal);
    if (proof?.onGpu === true) this.#step('prove', 'done');
    return proof;
  }

  /** Unloads what this load brought, and waits until it is gone. */
  async #takeBack(server: Server): Promise<void> {
    const now = await readAgain(server);
    const loaded = findLoaded(now, this.#outcome.model);
    if (loaded === null) return;
    await server.ollama.unload(loaded.name, { signal: AbortSignal.timeout(UNLOAD_LIMIT_MS) });
    await proveUnload(server, loaded, now, UNLOAD_LIMIT_MS, AbortSignal.timeout(2 * UNLOAD_LIMIT_MS));
  }

  async #makeAlias(): Promise<void> {
    const { alias } = this.#order;
    const { model, numCtx } = this.#outcome;
    if (alias === undefined || numCtx === null) return;
    this.#step('alias', 'running', { alias });
    try {
      await this.#parts.server.ollama.create(
        alias,
        { from: model, parameters: { num_ctx: numCtx } },
        { signal: this.#run.signal },
      );
      this.#outcome.alias = alias;
      this.#step('alias', 'done', { alias });
    } catch {
      // The model is loaded; that its second name failed is told, and undoes nothing.
      this.#step('alias', 'failed', { alias });
    }
  }

  /**
   * Leaves the server as it was: takes back what this load brought, and loads again what was unloaded for it. When the
   * work was given up (cancel, shutdown) there is no time for loads; what is gone is told.
   */
  async #restore(): Promise<void> {
    const { server } = this.#parts;
    const givenUp = this.#run.signal.aborted;
    try {
      if (givenUp) {
        await server.ollama.unload(this.#outcome.model, { signal: AbortSignal.timeout(2_000) });
        return;
      }
      await this.#takeBack(server);
      const signal = AbortSignal.timeout(RESTORE_LIMIT_MS);
      const lost = (this.#outcome.before?.models ?? []).filter(
        (model) => this.#outcome.unloaded.includes(model.name) || model.name === this.#earlier?.name,
      );
      for (const model of lost) {
        this.#step('restore', 'running', { model: model.name });
        await server.ollama.load(model.name, {
          signal,
          ...(model.contextLength === null ? {} : { numCtx: model.contextLength }),
          ...restoreKeepAlive(model, this.#parts.now()),
        });
        this.#step('restore', 'done', { model: model.name });
      }
      this.#outcome.unloaded = [];
    } catch {
      this.#step('restore', 'failed', {});
    }
  }
}

function restoreKeepAlive(model: LoadedModelView, nowMs: number) {
  if (model.expiresAtMs === 'pinned') return { keepAlive: { kind: 'forever' as const } };
  if (model.expiresAtMs === null) return {};
  return { keepAlive: { kind: 'for' as const, ms: Math.max(60_000, model.expiresAtMs - nowMs) } };
}

function isMemoryError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return code === 'out-of-memory' || code === 'needs-more-memory';
}

function toRemark(error: unknown): Remark {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string')
    return { code: 'load-failed', params: {} };
  const params = 'params' in error && typeof error.params === 'object' && error.params !== null ? error.params : {};
  const plain = Object.entries(params).filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  return { code: error.code, params: Object.fromEntries(plain) };
}
