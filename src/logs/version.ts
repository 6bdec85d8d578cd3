/**
 * Which version wrote a log. Best is what it prints; else the places in Ollama's code that its records name: each
 * release writes a message from its own line, and few releases agree on all of them (source-lines.json, made from
 * Ollama's releases by scripts/source-lines.ts).
 */

import type { LogRecord } from './record.ts';
import table from './source-lines.json' with { type: 'json' };

/** The version behind a log. */
export interface LogVersion {
  readonly version: string | null;
  /** `printed`, or found by the places of the records; then from `oldest` to `version` all releases agree. */
  readonly basis: 'printed' | 'source-lines' | null;
  readonly oldest: string | null;
}

const PRINTED: readonly RegExp[] = [
  /\(version (\d{1,3}\.\d{1,3}\.\d{1,3}(?:-rc\d{1,2})?)/,
  /\bollama(?: client)? version is (\d{1,3}\.\d{1,3}\.\d{1,3}(?:-rc\d{1,2})?)/i,
  /\bollama(?:\/| version[: ]+v?)(\d{1,3}\.\d{1,3}\.\d{1,3}(?:-rc\d{1,2})?)/i,
];

const normal = (message: string) => message.replace(/\d+(?:\.\d+)?/g, '#');

/** For each message: pairs of a line and the versions (index from, to) that write it there. */
const places = new Map<string, ReadonlyMap<number, readonly (readonly [from: number, to: number])[]>>();

function placesOf(key: string): ReadonlyMap<number, readonly (readonly [from: number, to: number])[]> | undefined {
  const known = places.get(key);
  const runs = (table.lines as Readonly<Record<string, string>>)[key];
  if (known !== undefined || runs === undefined) {
    return known;
  }
  const byLine = new Map<number, [number, number][]>();
  for (const run of runs.split(' ')) {
    const [range, line] = run.split(':');
    const [from, to] = range!.split('-').map(Number);
    const list = byLine.get(Number(line)) ?? [];
    list.push([from!, to ?? from!]);
    byLine.set(Number(line), list);
  }
  places.set(key, byLine);
  return byLine;
}

/** Gathers what tells the version while a log is read. */
export class VersionFinder {
  #printed: string | null = null;
  #build: string | null = null;
  readonly #votes = new Uint32Array(table.versions.length);
  readonly #seen = new Set<string>();

  /** Whether llama.cpp printed a build of its own: no runner of Ollama's does. */
  get hasBuild(): boolean {
    return this.#build !== null;
  }

  /** A line that may print the version. */
  line(text: string): void {
    if (this.#printed !== null || !/version|ollama\/|build/i.test(text)) {
      return;
    }
    const build = /^(?:\S+ )?(?:build|version): (?:b)?(\d{4,6}) \(/.exec(text.slice(0, 200));
    this.#build ??= build?.[1] ?? null;
    for (const pattern of PRINTED) {
      const match = pattern.exec(text.slice(0, 2_000));
      if (match !== null) {
        this.#printed = match[1]!;
        return;
      }
    }
  }

  /** A record that names its place. */
  record(record: LogRecord): void {
    if (record.source === null) {
      return;
    }
    const key = `${record.source.file}|${normal(record.message)}`;
    const once = `${key}:${record.source.line}`;
    if (this.#seen.has(once)) {
      return;
    }
    this.#seen.add(once);
    for (const [from, to] of placesOf(key)?.get(record.source.line) ?? []) {
      for (let version = from; version <= to; version++) {
        this.#votes[version]! += 1;
      }
    }
  }

  /** The version, as far as the log tells; `alone` = llama.cpp's own server wrote it, without Ollama. */
  found(alone: boolean): LogVersion {
    if (this.#printed !== null) {
      return { version: this.#printed, basis: 'printed', oldest: this.#printed };
    }
    const most = this.#votes.reduce((a, b) => Math.max(a, b), 0);
    if (most === 0 && alone) {
      const text = this.#build === null ? 'llama.cpp' : `llama.cpp b${this.#build}`;
      return { version: text, basis: 'printed', oldest: text };
    }
    if (most === 0) {
      return { version: null, basis: null, oldest: null };
    }
    // All that agree best; the newest of them is taken.
    const newest = this.#votes.lastIndexOf(most);
    const oldest = this.#votes.indexOf(most);
    return { version: table.versions[newest]!, basis: 'source-lines', oldest: table.versions[oldest]! };
  }
}
