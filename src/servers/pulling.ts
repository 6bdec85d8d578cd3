import { randomUUID } from 'node:crypto';
import { CodedError } from '../base/coded.ts';
import { displayShortest, parseModelName } from '../catalogue/names.ts';
import { OllamaError } from '../ollama/errors.ts';
import { sameModel } from './asking/same-model.ts';
import { toRemark } from './loading/types.ts';
import type { Remark, Server } from './types.ts';

/** How far a download is. */
export interface PullState {
  /** As Ollama says it; UNTRUSTED. */
  readonly status: string;
  readonly completedBytes: number;
  /** Of all layers seen so far; grows while Ollama names them. */
  readonly totalBytes: number;
  /** Mean of the last seconds; `null` at the start. */
  readonly bytesPerSecond: number | null;
  /** ms; `null` while the rate is not known. */
  readonly remainingMs: number | null;
}

export type PullOutcome =
  | { readonly result: 'pulled'; readonly model: string }
  | { readonly result: 'canceled' | 'failed'; readonly model: string; readonly problem: Remark };

/** Length of the window that the rate is taken over, ms. */
const RATE_WINDOW_MS = 10_000;

/** Adds up a pull's lines over its layers and knows the rate. */
export class PullMeter {
  readonly #layers = new Map<string, { total: number; completed: number }>();
  readonly #marks: { readonly atMs: number; readonly bytes: number }[] = [];
  #status = '';

  add(
    line: { status: string; digest: string | null; totalBytes: number | null; completedBytes: number | null },
    nowMs: number,
  ): PullState {
    this.#status = line.status;
    if (line.digest !== null && line.totalBytes !== null) {
      this.#layers.set(line.digest, { total: line.totalBytes, completed: line.completedBytes ?? 0 });
    }
    const layers = [...this.#layers.values()];
    const completedBytes = layers.reduce((sum, layer) => sum + layer.completed, 0);
    const totalBytes = layers.reduce((sum, layer) => sum + layer.total, 0);
    this.#marks.push({ atMs: nowMs, bytes: completedBytes });
    while (this.#marks.length > 2 && this.#marks[0]!.atMs < nowMs - RATE_WINDOW_MS) {
      this.#marks.shift();
    }
    const first = this.#marks[0]!;
    const spanMs = nowMs - first.atMs;
    const rate = spanMs >= 500 ? ((completedBytes - first.bytes) / spanMs) * 1000 : null;
    const left = totalBytes - completedBytes;
    return {
      status: this.#status,
      completedBytes,
      totalBytes,
      bytesPerSecond: rate,
      remainingMs: rate !== null && rate > 0 ? (left / rate) * 1000 : null,
    };
  }
}

/** Whether a name may be pulled: well formed, and from a host on the list. Returns what is wrong, or the name as shown. */
export function checkPull(
  model: string,
  hosts: readonly string[],
): { readonly name: string } | { readonly problem: Remark } {
  const parsed = parseModelName(model);
  if (!parsed.ok) {
    return { problem: { code: parsed.code, params: {} } };
  }
  const { host } = parsed.name;
  // A port belongs to the host: `registry.ollama.ai:8443` is somebody else. That of https says nothing.
  if (!hosts.includes(hostKey(host))) {
    return { problem: { code: 'pull-host-refused', params: { host, hosts: hosts.join(', ') } } };
  }
  return { name: displayShortest(parsed.name) };
}

function hostKey(host: string): string {
  return host.toLowerCase().replace(/:443$/, '');
}

/** Registries that may be fetched from: lower case, with a port when it is not 443. */
export interface PullHosts {
  readonly hosts: readonly string[];
  /** Those that may be asked over plain http, where they speak no https. */
  readonly insecure: readonly string[];
}

/** Whether the owner allows plain http for a model's registry. */
export function mayBePlain(model: string, hosts: PullHosts): boolean {
  const parsed = parseModelName(model);
  return parsed.ok && hosts.insecure.includes(hostKey(parsed.name.host));
}

/** A download under way. */
export interface RunningPull {
  readonly id: string;
  readonly server: string;
  readonly model: string;
}

/** The downloads of this process: a bounded number, one of a model on a server. */
export interface Pulls {
  /**
   * Downloads a model; resolves with how it ended.
   * @param onState called for every line; the caller slows it down
   * @param insecure plain http is tried where the registry speaks no https
   * @throws CodedError `pull-running`, `pull-too-many`: nothing was begun
   */
  start(
    server: Server,
    model: string,
    onState: (pull: RunningPull, state: PullState) => void,
    signal: AbortSignal,
    insecure?: boolean,
  ): Promise<PullOutcome>;
  /** Gives a download up. `null`: it is over, or never was. */
  cancel(id: string): RunningPull | null;
}

/** What codes mean here: it is the registry that does not have the model, and nothing was loaded. */
const OF_A_PULL: Readonly<Record<string, string>> = {
  'not-found': 'registry-not-found',
  'load-failed': 'server-error',
};

const MAX_RUNNING = 4;

/** @param now milliseconds since the epoch */
export function createPulls(now: () => number): Pulls {
  const running = new Map<string, RunningPull & { readonly cancel: AbortController }>();
  return {
    start(server, model, onState, signal, insecure = false) {
      if ([...running.values()].some((pull) => pull.server === server.name && sameModel(pull.model, model))) {
        throw new CodedError('pull-running', { model, server: server.name });
      }
      if (running.size >= MAX_RUNNING) {
        throw new CodedError('pull-too-many', { count: running.size });
      }
      const pull = { id: randomUUID(), server: server.name, model, cancel: new AbortController() };
      running.set(pull.id, pull);
      const either = AbortSignal.any([signal, pull.cancel.signal]);
      return pullModel(server, model, (state) => onState(pull, state), either, now, insecure).finally(() =>
        running.delete(pull.id),
      );
    },
    cancel(id) {
      const pull = running.get(id) ?? null;
      pull?.cancel.abort();
      return pull;
    },
  };
}

/** What Ollama says of a registry that it asked over https. */
function speaksPlainHttp(error: unknown): boolean {
  return error instanceof OllamaError && error.code === 'registry' && error.params.reason === 'plain-http';
}

/** Downloads a model onto a server. Never rejects. `onState` is called for every line; the caller slows it down. */
export async function pullModel(
  server: Server,
  model: string,
  onState: (state: PullState) => void,
  signal: AbortSignal,
  now: () => number,
  insecure = false,
): Promise<PullOutcome> {
  const meter = new PullMeter();
  const fetchOver = async (plain: boolean) => {
    for await (const line of server.ollama.pull(model, { signal, ...(plain ? { insecure: true } : {}) })) {
      onState(meter.add(line, now()));
    }
  };
  try {
    await fetchOver(false).catch((error: unknown) => {
      if (!insecure || !speaksPlainHttp(error)) {
        throw error;
      }
      return fetchOver(true);
    });
    return { result: 'pulled', model };
  } catch (error) {
    if (signal.aborted) {
      return { result: 'canceled', model, problem: { code: 'canceled', params: {} } };
    }
    const { code, params } = toRemark(error);
    return { result: 'failed', model, problem: { code: OF_A_PULL[code] ?? code, params } };
  }
}
