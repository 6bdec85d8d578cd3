/**
 * A simulated GPU server: Ollama's protocol over real HTTP on the loopback, with cards whose memory moves as models
 * load and leave, and faults on demand. For the demo and the tests.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EstimateServer, GpuDevice } from '../estimator/types.ts';
import { type Clock, ManualClock, realClock } from './clock.ts';
import { answerControl, isControlPath } from './control-routes.ts';
import { playFault } from './fault-http.ts';
import type { OllamaParts } from './exchange.ts';
import { Faults, type HttpFaultRule, type LoadFaultRule } from './faults.ts';
import { ForeignProcesses } from './foreign.ts';
import { sendText } from './http.ts';
import { GpuMemory } from './memory.ts';
import { ModelStore } from './models.ts';
import { answerOllama } from './ollama-routes.ts';
import { Scheduler } from './scheduler.ts';
import {
  type GpuProcessView,
  type GpuView,
  type Placed,
  type Refused,
  ServerFailure,
  type SimulatedTiming,
  type SimulatorOptions,
} from './types.ts';

/** A model in the simulated memory. */
export interface LoadedView {
  readonly name: string;
  readonly numCtx: number;
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
  /** What the runner really holds per card, its CUDA context included. */
  readonly gpuBytes: readonly number[];
  readonly expiresAtMs: number;
  /** Requests that use it now. */
  readonly users: number;
}

export interface FaultSettings {
  readonly clear?: boolean;
  readonly http?: readonly HttpFaultRule[];
  readonly load?: readonly LoadFaultRule[];
  readonly lostGpus?: readonly number[] | undefined;
  readonly ollamaVersion?: string | undefined;
}

export interface Simulator {
  /** `http://127.0.0.1:<port>`, good as OLLAMA_HOST; `/metrics` and `/simulator/…` are there as well. */
  readonly url: string;
  gpus(): GpuView[];
  processes(): GpuProcessView[];
  loaded(): LoadedView[];
  /** Requests waiting for a load. */
  queued(): number;
  now(): number;
  setFaults(faults: FaultSettings): void;
  /** Makes another program hold memory on a card; returns what it got. */
  setForeign(name: string, gpuIndex: number, bytes: number): number;
  /** Moves the simulated time. Throws ServerFailure 400 when the simulator runs on real time. */
  advance(ms: number): Promise<void>;
  /** Stops listening; connections are refused until {@link accept}. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /**
   * Ends Ollama by force (`kill -9`): connections break, nothing is loaded any more, its runners keep their memory. Nobody
   * answers until {@link accept}.
   */
  kill(): Promise<void>;
  /** Ends Ollama in order, and starts it again with nothing loaded. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const DEFAULT_TIMING: SimulatedTiming = {
  startupMs: 0,
  loadBytesPerSecond: Number.POSITIVE_INFINITY,
  recoveryMs: 0,
  pullBytesPerSecond: Number.POSITIVE_INFINITY,
};

/** Starts a simulated server; it listens when the promise is kept. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const simulator = new SimulatedServer(options);
  await simulator.accept();
  return simulator;
}

class SimulatedServer implements Simulator {
  readonly #options: SimulatorOptions;
  readonly #clock: Clock;
  readonly #memory: GpuMemory;
  readonly #faults = new Faults();
  readonly #foreign: ForeignProcesses;
  readonly #parts: OllamaParts;
  #version: string;
  #server: Server | undefined;
  #port: number;

  constructor(options: SimulatorOptions) {
    const seed = options.seed ?? 1;
    this.#options = options;
    this.#version = options.ollamaVersion;
    this.#port = options.port ?? 0;
    this.#clock = options.clock ?? realClock();
    this.#memory = new GpuMemory(options.gpus, this.#clock, seed);
    this.#foreign = new ForeignProcesses(this.#memory);
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    const settings = options.settings ?? {};
    const version = () => this.#version;
    const scheduler = new Scheduler({
      clock: this.#clock,
      gpus: options.gpus,
      memory: this.#memory,
      faults: this.#faults,
      timing,
      placement: (spec, server, request) => this.#overAllGpus(options.placement(spec, server, request)),
      settings,
      version,
      server: () => this.#estimateServer(),
      cards: () => this.#visibleGpus(),
      freeHostBytes: () => this.#freeHostBytes(),
    });
    this.#parts = {
      store: new ModelStore(options.models, options.registry ?? [], seed, this.#clock.now()),
      stubs: options.stubs ?? [],
      scheduler,
      clock: this.#clock,
      settings,
      timing,
      gpuTotalBytes: options.gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0),
      version,
    };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  gpus(): GpuView[] {
    return this.#memory.view();
  }

  processes(): GpuProcessView[] {
    return this.#memory.processes();
  }

  loaded(): LoadedView[] {
    return this.#parts.scheduler.runners().map((runner) => ({
      name: runner.model.name,
      numCtx: runner.loaded.placed.numCtx,
      sizeBytes: runner.loaded.placed.reportedBytes,
      sizeVramBytes: runner.loaded.placed.reportedVramBytes,
      gpuBytes: runner.loaded.allocation.bytes,
      expiresAtMs: runner.expiresAtMs,
      users: runner.users,
    }));
  }

  queued(): number {
    return this.#parts.scheduler.queued;
  }

  now(): number {
    return this.#clock.now();
  }

  setFaults(faults: FaultSettings): void {
    if (faults.clear) {
      this.#faults.clear();
    }
    for (const rule of faults.http ?? []) {
      this.#faults.addHttp(rule);
    }
    for (const rule of faults.load ?? []) {
      this.#faults.addLoad(rule);
    }
    if (faults.lostGpus) {
      this.#memory.setLost(faults.lostGpus);
    }
    if (faults.ollamaVersion) {
      this.#version = faults.ollamaVersion;
    }
  }

  setForeign(name: string, gpuIndex: number, bytes: number): number {
    if (gpuIndex >= this.#memory.count) {
      throw new ServerFailure(400, 'no such GPU');
    }
    return this.#foreign.set(name, gpuIndex, bytes);
  }

  async advance(ms: number): Promise<void> {
    if (!(this.#clock instanceof ManualClock)) {
      throw new ServerFailure(400, 'this simulator runs on real time');
    }
    await this.#clock.advance(ms);
  }

  async accept(): Promise<void> {
    if (this.#server) {
      return;
    }
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) {
      return;
    }
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  async kill(): Promise<void> {
    this.#parts.scheduler.startAnew(true);
    await this.refuse();
  }

  async restart(): Promise<void> {
    this.#parts.scheduler.startAnew(false);
    await this.refuse();
    await this.accept();
  }

  async close(): Promise<void> {
    this.#parts.scheduler.close();
    await this.refuse();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const url = URL.parse(request.url ?? '/', this.url);
    if (!url) {
      return sendText(response, 400, '400 Bad Request');
    }
    if (isControlPath(url.pathname)) {
      return answerControl(this, request, response, url);
    }
    const fault = this.#faults.forRequest(url.pathname);
    if (fault && !(await playFault(fault, response, this.#clock, gone.signal))) {
      return;
    }
    if (!this.#isAuthorized(request)) {
      return sendText(response, 401, 'Unauthorized');
    }
    // as Ollama on a loopback address: other names are turned away without a word
    if (!isLocalName(request.headers.host ?? '')) {
      return void response.writeHead(403).end();
    }
    return answerOllama({ parts: this.#parts, request, response, signal: gone.signal }, url.pathname);
  }

  #isAuthorized(request: IncomingMessage): boolean {
    const { bearerToken } = this.#options;
    return bearerToken === undefined || request.headers.authorization === `Bearer ${bearerToken}`;
  }

  #estimateServer(): EstimateServer {
    const { system, settings } = this.#options;
    return {
      ollama: this.#version,
      gpus: this.#visibleGpus().map((index): GpuDevice => {
        const gpu = this.#options.gpus[index]!;
        return {
          name: gpu.name,
          totalBytes: gpu.totalBytes - gpu.reservedBytes,
          freeBytes: this.#memory.freeBytes(index),
          computeCapability: gpu.computeCapability,
        };
      }),
      system: { totalBytes: system.totalBytes, freeBytes: this.#freeHostBytes(), swapFreeBytes: 0 },
      os: 'linux',
      ...(settings?.gpuOverheadBytes !== undefined && { gpuOverheadBytes: settings.gpuOverheadBytes }),
      ...(settings?.schedSpread !== undefined && { schedSpread: settings.schedSpread }),
    };
  }

  #visibleGpus(): number[] {
    return this.#options.gpus.map((_, index) => index).filter((index) => !this.#memory.isLost(index));
  }

  /** A placement knows only the cards that are there; the memory counts all of them. */
  #overAllGpus(where: Placed | Refused): Placed | Refused {
    if ('refused' in where) {
      return where;
    }
    const gpuBytes = this.#options.gpus.map(() => 0);
    const usesGpu = this.#options.gpus.map(() => false);
    for (const [position, index] of this.#visibleGpus().entries()) {
      gpuBytes[index] = where.gpuBytes[position] ?? 0;
      usesGpu[index] = where.usesGpu[position] ?? false;
    }
    return { ...where, gpuBytes, usesGpu };
  }

  #freeHostBytes(): number {
    const { totalBytes: total, usedBytes } = this.#options.system;
    const held = this.#parts.scheduler.runners().reduce((sum, runner) => sum + runner.loaded.placed.hostBytes, 0);
    return Math.max(0, total - usedBytes - held);
  }
}

function isLocalName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|.*\.(localhost|local|internal))$/.test(name);
}
