/**
 * Reads logs of Ollama (all generations) and of llama.cpp: which version wrote them, what was loaded with which context,
 * where the layers went, what was refused or died. Pure, linear in the text, every figure bounded.
 */

import { engineOf } from './engine.ts';
import { type LoadBuilder, STAGE } from './load-builder.ts';
import { readNvidiaTable } from './nvidia-table.ts';
import { readPsJson, readPsRow } from './ollama-ps.ts';
import { readOllamaRecord } from './ollama-records.ts';
import { MAX_PASTE, readPaste } from './paste.ts';
import { readRecord } from './record.ts';
import { readRunnerLine } from './runner-lines.ts';
import { createScene, type Scene } from './scene.ts';
import type { LogLoad, LogReading } from './types.ts';
import { whyOf } from './why.ts';

/** Rows of `ollama ps` that are read. */
const MOST_RUNNING = 200;

/** The load that an answer is about: the last that came to an end, else the last that got anywhere, else the last. */
function chosen(loads: readonly LogLoad[]): LogLoad | null {
  return (
    loads.findLast((load) => load.ended) ??
    loads.findLast((load) => load.verdict !== null) ??
    loads.findLast((load) => load.architecture !== null || load.numCtx !== null) ??
    loads.at(-1) ??
    null
  );
}

/** Names without tag and owner, as different lines write the same model. */
const bareName = (name: string | null): string | null =>
  name === null
    ? null
    : name
        .toLowerCase()
        .replace(/:latest$/, '')
        .replace(/^.*\//, '');

/** What another load of the same model says about the model itself, where this one's beginning is not in the paste. */
function completed(load: LogLoad | null, loads: readonly LogLoad[]): LogLoad | null {
  if (load === null || load.architecture !== null) {
    return load;
  }
  const same = loads.find(
    (other) =>
      other.architecture !== null &&
      ((load.digest !== null && other.digest === load.digest) ||
        (load.model !== null && bareName(other.model) === bareName(load.model))),
  );
  return same === undefined
    ? load
    : { ...load, architecture: same.architecture, fileBytes: same.fileBytes, trainedCtx: same.trainedCtx };
}

function isTelling(builder: LoadBuilder): boolean {
  const { stage, architecture, refused, failed, assigned } = builder;
  return stage > STAGE.planning || architecture !== null || refused || failed || assigned.size > 1;
}

function kindOf(scene: Scene, loads: readonly LogLoad[], ps: number, cards: number, told: boolean): LogReading['kind'] {
  if (scene.sawLog) {
    return 'log';
  }
  if (ps > 0) {
    return 'ps';
  }
  if (cards > 0 && loads.length === 0) {
    return 'nvidia-smi';
  }
  return loads.length > 0 ? 'error' : told ? 'log' : 'unknown';
}

/** Everything that a paste tells. Never throws. */
export function readLog(text: string): LogReading {
  const paste = readPaste(text);
  const scene: Scene = createScene();
  const running: LogLoad[] = [...readPsJson(text.slice(0, MAX_PASTE))];
  for (const line of paste.lines) {
    scene.version.line(line);
    const record = readRecord(line);
    if (record !== null) {
      scene.version.record(record);
      readOllamaRecord(scene, record);
      continue;
    }
    const row = running.length < MOST_RUNNING ? readPsRow(line) : null;
    if (row === null) {
      readRunnerLine(scene, line);
    } else {
      running.push(row);
    }
  }
  const cards = readNvidiaTable(paste.lines);
  const builders = scene.loads.filter(isTelling);
  const loads = builders.map((builder, index) => builder.build(index === builders.length - 1));
  // What is loaded is told by `ollama ps` where no load itself is in the paste.
  const told = loads.length === 0 ? running : loads;
  const load = completed(chosen(told), told);
  const version = scene.version.found(scene.sawLlamaServer && !scene.sawRecord);
  const named = scene.gpus.list();
  const gpus = named.length > 0 ? named : cards;
  const reading: Omit<LogReading, 'why'> = {
    kind: kindOf(scene, loads, running.length, cards.length, version.version !== null || gpus.length > 0),
    version: version.version,
    versionBasis: version.basis,
    oldestVersion: version.oldest,
    engine: engineOf(scene, version.version),
    settings: Object.fromEntries(scene.settings),
    gpus,
    systemTotalBytes: scene.systemTotalBytes,
    systemFreeBytes: scene.systemFreeBytes,
    loads: told,
    load,
    cut: paste.cut,
  };
  return { ...reading, why: load === null ? [] : whyOf(load, reading) };
}
