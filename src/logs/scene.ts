/** What stands around the loads while a log is read: the server's settings, its GPUs, and which load is being told. */

import { GpuList } from './gpu-list.ts';
import { LoadBuilder } from './load-builder.ts';
import type { LogEngine } from './types.ts';
import { VersionFinder } from './version.ts';

/** More loads than this in one paste are not told apart. */
export const MOST_LOADS = 200;

export interface Scene {
  readonly version: VersionFinder;
  readonly settings: Map<string, string>;
  readonly gpus: GpuList;
  systemTotalBytes: number | null;
  systemFreeBytes: number | null;
  readonly loads: LoadBuilder[];
  /** What only one generation writes. */
  sawLlamaServer: boolean;
  sawLoadRequest: boolean;
  sawRunner: boolean;
  /** The generation whose llama.cpp names its functions so; told where nothing else tells. */
  runnerEra: LogEngine | null;
  /** A record of Ollama itself. */
  sawRecord: boolean;
  /** Any line that a server wrote. */
  sawLog: boolean;
}

export function createScene(): Scene {
  return {
    version: new VersionFinder(),
    settings: new Map(),
    gpus: new GpuList(),
    systemTotalBytes: null,
    systemFreeBytes: null,
    loads: [],
    sawLlamaServer: false,
    sawLoadRequest: false,
    sawRunner: false,
    runnerEra: null,
    sawRecord: false,
    sawLog: false,
  };
}

/**
 * The load that a line of this stage belongs to. A line of an earlier stage than the load has reached begins another
 * one; `repeats` = this stage comes several times in one load (layouts that are tried).
 */
export function loadAt(scene: Scene, stage: number, repeats = true): LoadBuilder {
  let load = scene.loads.at(-1);
  const begun = load !== undefined && (load.stage > stage || load.closed || (!repeats && load.stage === stage));
  if (load === undefined || (begun && scene.loads.length < MOST_LOADS)) {
    load = new LoadBuilder();
    scene.loads.push(load);
  }
  load.stage = Math.max(load.stage, stage);
  return load;
}

/** The load that is being told, whatever its stage. */
export function currentLoad(scene: Scene): LoadBuilder {
  return scene.loads.at(-1) ?? loadAt(scene, 0);
}
