/** A load while its lines are read: what is known so far, and how far it has come. */

import type { LogCode } from './codes.ts';
import { boundedBytes, count, MOST_CTX, MOST_LAYERS, MOST_PARALLEL } from './sizes.ts';
import type { DeviceUse, LogLoad } from './types.ts';
import { verdictOf } from './verdict.ts';

/** How far a load has come: an event of an earlier stage begins another load. */
export const STAGE = { planning: 0, starting: 1, placed: 2, loaded: 3 } as const;

/** Devices that one machine may have in a log. */
const MOST_DEVICES = 130;
const MOST_TROUBLES = 16;
/** Text of names that is kept; longer is no name. */
const MOST_NAME = 200;

/** A name fit to be told: bounded, without anything that is not printed; an address or a path of a disk is none. */
export function tellableName(text: string | undefined): string | null {
  const name = (text ?? '')
    .slice(0, MOST_NAME * 2)
    .replace(/[^\p{L}\p{N} ._:/+-]/gu, '')
    .trim()
    .slice(0, MOST_NAME);
  return name === '' || /:\/\/|(?:^|\s)[/.]|\.\.\//.test(name) ? null : name;
}

/** The digest of a model file in a path of Ollama's store. */
export function digestIn(text: string): string | null {
  const match = /sha256[-:]([0-9a-f]{12,64})\b/.exec(text);
  return match === null ? null : `sha256:${match[1]}`;
}

export class LoadBuilder {
  stage: number = STAGE.planning;
  name: string | null = null;
  ownName: string | null = null;
  digest: string | null = null;
  architecture: string | null = null;
  fileBytes: number | null = null;
  trainedCtx: number | null = null;
  /** Context of all slots together, and per slot, by what told it. */
  ctxTotal: number | null = null;
  ctxPerSlot: number | null = null;
  numParallel: number | null = null;
  flashAttention: boolean | null = null;
  kvCacheType: string | null = null;
  requestedLayers: number | null = null;
  modelLayers: number | null = null;
  placedLayers: number | null = null;
  offloaded: readonly [number, number] | null = null;
  overflowing = 0;
  experts = 0;
  readonly devices = new Map<string, DeviceUse>();
  /** Whether each layer goes to a GPU, where llama.cpp lists them; the output layer is the last. */
  readonly assigned = new Map<number, boolean>();
  requiredBytes: number | null = null;
  availableBytes: readonly number[] = [];
  systemRequiredBytes: number | null = null;
  systemAvailableBytes: number | null = null;
  refused = false;
  failed = false;
  /** Ollama said that it is over; what it begins next is another load. */
  closed = false;
  /** llama.cpp makes the context after the weights, and the graph's buffers last. */
  contextSeen = false;
  computeSeen = false;
  readonly troubles: LogCode[] = [];

  /** Bytes of one kind on a device; `printed` sizes of Ollama's summary give way to the buffers themselves. */
  use(device: string, kind: keyof DeviceUse, bytes: number | null): void {
    const name = device.slice(0, 24);
    let use = this.devices.get(name);
    if (use === undefined) {
      if (this.devices.size >= MOST_DEVICES) {
        return;
      }
      use = { weightsBytes: null, cacheBytes: null, computeBytes: null };
      this.devices.set(name, use);
    }
    use[kind] = bytes;
  }

  /** A second buffer of the same kind (windowed models have two caches). */
  add(device: string, kind: keyof DeviceUse, bytes: number | null): void {
    this.use(device, kind, boundedBytes((this.devices.get(device.slice(0, 24))?.[kind] ?? 0) + (bytes ?? 0)));
  }

  trouble(code: LogCode): void {
    if (this.troubles.length < MOST_TROUBLES && !this.troubles.includes(code)) {
      this.troubles.push(code);
    }
  }

  /** A command line of a runner: `--ctx-size 32768 --parallel 4`, `-c 32768 -np 1`. */
  command(text: string): void {
    const words = text.slice(0, 8_000).split(/\s+/);
    for (let at = 0; at + 1 < words.length; at++) {
      const value = words[at + 1];
      switch (words[at]) {
        case '--model':
        case '-m':
          this.digest = digestIn(value!) ?? this.digest;
          break;
        case '--ctx-size':
        case '-c':
          this.ctxTotal = count(value, MOST_CTX) ?? this.ctxTotal;
          break;
        case '--parallel':
        case '-np':
          this.numParallel = count(value, MOST_PARALLEL) ?? this.numParallel;
          break;
        case '--n-gpu-layers':
        case '-ngl':
          this.placedLayers = count(value, MOST_LAYERS) ?? this.placedLayers;
          break;
        case '--cache-type-k':
        case '-ctk':
        case '--kv-cache-type':
          this.kvCacheType = /^[a-z0-9_]{2,8}$/.test(value!) ? value! : this.kvCacheType;
          break;
      }
    }
    if (/ --flash-attn(?: |$)(?!off|auto)/.test(text.slice(0, 8_000))) {
      this.flashAttention = true;
    }
  }

  /** The load as it is told. `last` = the log has nothing after it. */
  build(last: boolean): LogLoad {
    const parallel = this.numParallel;
    const split = this.ctxTotal === null ? null : Math.floor(this.ctxTotal / Math.max(1, parallel ?? 1));
    const offloaded =
      this.offloaded ??
      (this.placedLayers !== null && this.modelLayers !== null
        ? ([Math.min(this.placedLayers, this.modelLayers), this.modelLayers] as const)
        : this.#assignedLayers());
    const facts = { ...this.#plain(), offloaded };
    return {
      ...facts,
      model: this.name ?? this.ownName,
      numCtx: this.ctxPerSlot ?? split,
      verdict: verdictOf({ ...facts, refused: this.refused, failed: this.failed, experts: this.experts }),
      ended: this.offloaded !== null || this.failed || this.refused,
      unfinished:
        last && this.contextSeen && !this.computeSeen && !this.failed && !this.refused && this.stage < STAGE.loaded,
    };
  }

  /** Layers on the GPUs by the list of them, where it is whole. */
  #assignedLayers(): readonly [number, number] | null {
    const of = this.assigned.size;
    const isWhole =
      of > 1 && Array.from({ length: of }, (_, layer) => layer).every((layer) => this.assigned.has(layer));
    return isWhole ? [[...this.assigned.values()].filter(Boolean).length, of] : null;
  }

  #plain() {
    return {
      digest: this.digest,
      architecture: this.architecture,
      fileBytes: this.fileBytes,
      trainedCtx: this.trainedCtx,
      numParallel: this.numParallel,
      flashAttention: this.flashAttention,
      kvCacheType: this.kvCacheType,
      requestedLayers: this.requestedLayers,
      overflowing: this.overflowing,
      devices: this.devices,
      requiredBytes: this.requiredBytes,
      hostBytes: null,
      availableBytes: this.availableBytes,
      systemRequiredBytes: this.systemRequiredBytes,
      systemAvailableBytes: this.systemAvailableBytes,
      troubles: this.troubles,
    };
  }
}
