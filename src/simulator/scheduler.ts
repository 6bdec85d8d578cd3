/**
 * Ollama's scheduler: one load at a time, reload when options differ, eviction when room is needed, unload when
 * keep_alive has passed (server/sched.go, v0.33.0).
 */

import type { EstimateRequest, EstimateServer, GpuDevice } from '../estimator/types.ts';
import { engineFor } from '../estimator/versions.ts';
import { sleep } from './clock.ts';
import { asSchedulerSees, chooseVictim, fitsBeside } from './eviction.ts';
import type { StoredModel } from './models.ts';
import type { Runner, RunnerRequest, SchedulerMachine } from './runner.ts';
import { LoadCanceled, loadRunner, OutOfMemory } from './runner-load.ts';
import { needsReload, parallelSlots } from './runner-options.ts';
import { does } from './version-ways.ts';
import { type Placed, type Refused, ServerFailure } from './types.ts';

interface Pending {
  readonly request: RunnerRequest;
  readonly resolve: (lease: () => void) => void;
  readonly reject: (error: unknown) => void;
}

const DEFAULT_KEEP_ALIVE_MS = 5 * 60_000;
const MAX_QUEUE = 512;
const MODELS_PER_GPU = 3;
/** Until a runner's process has ended. */
const CLOSING_MS = 10;
/** Ollama stops waiting for VRAM to come back. */
const RECOVERY_LIMIT_MS = 5_000;
/** A request that still has not got its model after so many evictions never will. */
const MAX_ROUNDS = 64;

export class Scheduler {
  readonly #machine: SchedulerMachine;
  readonly #runners = new Map<string, Runner>();
  readonly #leaving = new Set<Runner>();
  readonly #timers = new Map<Runner, () => void>();
  readonly #idleWaiters = new Map<Runner, (() => void)[]>();
  #stop = new AbortController();
  #pending: Pending[] = [];
  #unloading: Promise<void> = Promise.resolve();
  #laneBusy = false;

  constructor(machine: SchedulerMachine) {
    this.#machine = machine;
  }

  runners(): Runner[] {
    return [...this.#runners.values()];
  }

  /** The runner that has these weights. */
  runnerOf(model: StoredModel): Runner | undefined {
    return this.#runners.get(keyOf(model));
  }

  /** As `/api/ps` lists them: newer versions list what is leaving for a moment longer. */
  listed(): Runner[] {
    return does(this.#machine.version(), 'psListsLeaving') ? [...this.runners(), ...this.#leaving] : this.runners();
  }

  /** Requests waiting for the lane. */
  get queued(): number {
    return this.#pending.length;
  }

  /**
   * Gets the model into memory and holds it there until the returned function is called.
   * @throws ServerFailure
   */
  acquire(request: RunnerRequest): Promise<() => void> {
    const runner = this.#runners.get(keyOf(request.model));
    if (runner && !needsReload(runner.options, request.options)) {
      return Promise.resolve(this.#use(runner, request));
    }
    if (this.#pending.length >= (this.#machine.settings.maxQueue ?? MAX_QUEUE)) {
      const text = 'server busy, please try again.  maximum pending requests exceeded';
      return Promise.reject(new ServerFailure(503, text));
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ request, resolve, reject });
      void this.#runLane();
    });
  }

  /** An unload request: leaves at once when idle, else when its requests are done. */
  expire(model: StoredModel): void {
    const runner = this.#runners.get(keyOf(model));
    if (!runner) {
      return;
    }
    runner.keepAliveMs = 0;
    runner.expiresAtMs = this.#machine.clock.now();
    this.#clearTimer(runner);
    if (runner.users === 0) {
      this.#startUnload(runner);
    }
  }

  /** Ends everything that waits. */
  close(): void {
    this.#stop.abort();
    for (const runner of this.#runners.values()) {
      this.#clearTimer(runner);
    }
    for (const { reject } of this.#pending) {
      reject(new LoadCanceled());
    }
    this.#pending = [];
  }

  /**
   * Ollama ends, and another one begins with nothing loaded.
   * @param killed by force: its runners live on and keep their memory
   */
  startAnew(killed: boolean): void {
    this.close();
    this.#stop = new AbortController();
    if (!killed) {
      for (const { loaded } of this.#runners.values()) {
        this.#machine.memory.free(loaded.allocation);
      }
    }
    this.#runners.clear();
    this.#leaving.clear();
    this.#idleWaiters.clear();
  }

  async #runLane(): Promise<void> {
    if (this.#laneBusy) {
      return;
    }
    this.#laneBusy = true;
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      try {
        next.resolve(await this.#serve(next.request));
      } catch (error) {
        next.reject(error);
      }
    }
    this.#laneBusy = false;
  }

  async #serve(original: RunnerRequest): Promise<() => void> {
    let request = original;
    let retried = false;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await this.#unloading;
      if (request.signal.aborted || this.#stop.signal.aborted) {
        throw new LoadCanceled();
      }
      const victim = this.#whoMustLeave(request);
      if (victim === 'none') {
        try {
          return await this.#load(request);
        } catch (error) {
          const smaller = error instanceof OutOfMemory && !retried && this.#afterOutOfMemory(request);
          if (!smaller) {
            throw error;
          }
          retried = true;
          request = smaller;
          for (const other of this.runners()) {
            await this.#evict(other);
          }
        }
      } else if (victim.key === keyOf(request.model) && !needsReload(victim.options, request.options)) {
        return this.#use(victim, request);
      } else {
        await this.#evict(victim);
      }
    }
    throw new ServerFailure(500, 'unable to make room for the model');
  }

  /** The runner that already serves the request, or the one to evict, or `none`: the load can begin. */
  #whoMustLeave(request: RunnerRequest): Runner | 'none' {
    const same = this.#runners.get(keyOf(request.model));
    if (same) {
      return same;
    }
    const most = this.#machine.settings.maxLoadedModels || MODELS_PER_GPU * Math.max(1, this.#machine.gpus.length);
    const full = this.#runners.size >= most;
    const fits = () => {
      const slots = this.#slots(request);
      const server = this.#serverAsSeen(request);
      return fitsBeside(request.model.spec, server, request.options, slots, () => this.#place(request));
    };
    if (this.#runners.size > 0 && (full || !fits())) {
      return chooseVictim(this.#runners.values()) ?? 'none';
    }
    return 'none';
  }

  /** Ollama's one retry: a shorter automatic context, or everybody else out. Since 0.30. */
  #afterOutOfMemory(request: RunnerRequest): RunnerRequest | false {
    if (engineFor(this.#machine.version(), request.model.spec) !== 'llama-server') {
      return false;
    }
    const { options } = request;
    if (options.numCtxAuto && options.numCtx > 4096) {
      return { ...request, options: { ...options, numCtx: options.numCtx > 32768 ? 32768 : 4096 } };
    }
    return this.#runners.size > 0 && request;
  }

  async #load(request: RunnerRequest): Promise<() => void> {
    const signal = AbortSignal.any([request.signal, this.#stop.signal]);
    const server = this.#serverFor(request);
    const loaded = await loadRunner(this.#machine, request.model, server, () => this.#place(request), signal);
    const runner: Runner = {
      key: keyOf(request.model),
      model: request.model,
      options: { ...request.options, numCtx: loaded.placed.numCtx },
      loaded,
      keepAliveMs: this.#machine.settings.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS,
      expiresAtMs: 0,
      users: 0,
    };
    this.#runners.set(runner.key, runner);
    return this.#use(runner, request);
  }

  #place(request: RunnerRequest): Placed | Refused {
    return this.#machine.placement(request.model.spec, this.#serverFor(request), this.#estimateRequest(request));
  }

  #serverFor(request: RunnerRequest): EstimateServer {
    const server = this.#machine.server();
    return {
      ...server,
      loaded: this.runners().map(asLoadedModel),
      ...(request.options.numGpu === 0 && { gpus: noGpus }),
    };
  }

  #serverAsSeen(request: RunnerRequest): EstimateServer {
    const server = this.#serverFor(request);
    const modern = engineFor(server.ollama, request.model.spec) === 'llama-server';
    return modern ? asSchedulerSees(server, this.runners(), this.#machine.cards()) : server;
  }

  #slots(request: RunnerRequest): number {
    return parallelSlots(request.model, this.#machine.version(), this.#machine.settings);
  }

  #estimateRequest(request: RunnerRequest): EstimateRequest {
    const { options } = request;
    const { kvCacheType, flashAttention } = this.#machine.settings;
    return {
      numCtx: options.numCtx,
      numParallel: this.#slots(request),
      numGpu: options.numGpu,
      ...(options.numBatch !== null && { numBatch: options.numBatch }),
      ...(kvCacheType !== undefined && { kvCacheType }),
      ...(flashAttention !== undefined && { flashAttention }),
    };
  }

  #use(runner: Runner, request: RunnerRequest): () => void {
    runner.users += 1;
    this.#clearTimer(runner);
    if (request.keepAliveMs !== undefined) {
      runner.keepAliveMs = request.keepAliveMs;
    }
    runner.expiresAtMs = this.#machine.clock.now() + runner.keepAliveMs;
    let released = false;
    return () => {
      if (released) {
        return;
      }
      released = true;
      this.#release(runner);
    };
  }

  #release(runner: Runner): void {
    runner.users -= 1;
    if (runner.users > 0) {
      return;
    }
    for (const wake of this.#idleWaiters.get(runner) ?? []) {
      wake();
    }
    this.#idleWaiters.delete(runner);
    if (this.#runners.get(runner.key) !== runner) {
      return;
    }
    if (runner.keepAliveMs <= 0) {
      this.#startUnload(runner);
    } else {
      runner.expiresAtMs = this.#machine.clock.now() + runner.keepAliveMs;
      if (!Number.isFinite(runner.keepAliveMs)) {
        return;
      }
      this.#timers.set(
        runner,
        this.#machine.clock.after(runner.keepAliveMs, () => this.#startUnload(runner)),
      );
    }
  }

  #clearTimer(runner: Runner): void {
    this.#timers.get(runner)?.();
    this.#timers.delete(runner);
  }

  async #evict(runner: Runner): Promise<void> {
    this.#clearTimer(runner);
    runner.keepAliveMs = 0;
    if (runner.users > 0) {
      await new Promise<void>((resolve) => {
        this.#idleWaiters.set(runner, [...(this.#idleWaiters.get(runner) ?? []), resolve]);
      });
    }
    this.#startUnload(runner);
    await this.#unloading;
  }

  #startUnload(runner: Runner): void {
    if (this.#runners.get(runner.key) !== runner) {
      return;
    }
    this.#clearTimer(runner);
    this.#runners.delete(runner.key);
    this.#close(runner);
    this.#unloading = Promise.all([this.#unloading, this.#recover(runner)]).then(() => undefined);
  }

  /** It is on the list until its process has ended, which is well before its memory is back. */
  #close(runner: Runner): void {
    const { clock, timing } = this.#machine;
    if (timing.recoveryMs > 0) {
      this.#leaving.add(runner);
      clock.after(Math.min(timing.recoveryMs, CLOSING_MS), () => this.#leaving.delete(runner));
    }
  }

  async #recover(runner: Runner): Promise<void> {
    const { clock, memory, timing } = this.#machine;
    const { allocation, leaks } = runner.loaded;
    try {
      if (leaks) {
        await sleep(clock, RECOVERY_LIMIT_MS, this.#stop.signal);
        return;
      }
      await sleep(clock, Math.min(timing.recoveryMs, RECOVERY_LIMIT_MS), this.#stop.signal);
    } catch {
      // the simulator was closed meanwhile
    }
    if (!leaks) {
      memory.free(allocation);
    }
  }
}

const noGpus: readonly GpuDevice[] = [];

function keyOf(model: StoredModel): string {
  return model.layers[0]!.digest;
}

function asLoadedModel(runner: Runner) {
  return { name: runner.model.name, sizeVramBytes: runner.loaded.placed.reportedVramBytes };
}
