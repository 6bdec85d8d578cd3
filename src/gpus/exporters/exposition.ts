/**
 * The Prometheus text exposition format, read strictly (https://prometheus.io/docs/instrumenting/exposition_formats/).
 * The library there is for this takes an HTML error page for an empty one; here every line is a sample, a comment,
 * or counted as bad.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Always finite: `NaN` and infinities are left out, which is the same as an absent series. */
  readonly value: number;
}

export interface Exposition {
  readonly samples: readonly Sample[];
  readonly badLines: number;
}

const MAX_LINES = 200_000;
const STEP_LINES = 500;
const MAX_LABELS = 64;
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const SPACES = /[ \t]*/y;
const QUOTED = /"((?:[^"\\\n]|\\.)*)"/y;
const TAIL = /^[ \t]+(\S+)(?:[ \t]+(-?\d{1,19}(?:\.\d{1,9})?))?[ \t]*$/;
const VALUE = /^[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?$/;
const NOT_FINITE = /^(?:NaN|[+-]?Inf(?:inity)?)$/i;

/** Parses a page. Exemplars (from ` # ` on) and time stamps are dropped. */
export function parseExposition(text: string): Exposition {
  const page = new Page(text);
  page.read(MAX_LINES);
  return page;
}

/** The same in steps of a few milliseconds: a page of 2 MiB would stop the event loop for 150 ms. */
export async function parseExpositionInSteps(text: string): Promise<Exposition> {
  const page = new Page(text);
  for (let lines = 0; lines < MAX_LINES && page.read(STEP_LINES); lines += STEP_LINES) {
    await nextTurn();
  }
  return page;
}

class Page implements Exposition {
  readonly samples: Sample[] = [];
  badLines = 0;
  readonly #text: string;
  #start = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads up to so many lines. @returns whether there are more */
  read(lines: number): boolean {
    for (let count = 0; count < lines && this.#start < this.#text.length; count++) {
      const newline = this.#text.indexOf('\n', this.#start);
      const end = newline < 0 ? this.#text.length : newline;
      this.#take(this.#text.slice(this.#start, end).replace(/\r$/, ''));
      this.#start = end + 1;
    }
    return this.#start < this.#text.length;
  }

  #take(line: string): void {
    if (line.startsWith('#') || line.trim() === '') {
      return;
    }
    const sample = parseLine(line);
    if (sample === 'bad') {
      this.badLines += 1;
    } else if (sample !== 'absent') {
      this.samples.push(sample);
    }
  }
}

function parseLine(line: string): Sample | 'bad' | 'absent' {
  const name = matchAt(NAME, line, 0);
  if (name === null) {
    return 'bad';
  }
  let position = name[0].length;
  // Label names come from outside: an object without a prototype has no `__proto__` to overwrite.
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  if (line[position] === '{') {
    const end = parseLabels(line, position + 1, labels);
    if (end === null) {
      return 'bad';
    }
    position = end;
  }
  const rest = line.slice(position);
  const exemplar = rest.indexOf(' # ');
  const tail = TAIL.exec(exemplar < 0 ? rest : rest.slice(0, exemplar));
  if (!tail) {
    return 'bad';
  }
  if (NOT_FINITE.test(tail[1]!)) {
    return 'absent';
  }
  if (!VALUE.test(tail[1]!)) {
    return 'bad';
  }
  const value = Number(tail[1]);
  return Number.isFinite(value) ? { name: name[0], labels, value } : 'absent';
}

/** Reads `name="value", …}` from `position`; returns the position after the brace, `null` when malformed. */
function parseLabels(line: string, position: number, labels: Record<string, string>): number | null {
  let at = position;
  for (let count = 0; count <= MAX_LABELS; count++) {
    at = skipSpaces(line, at);
    if (line[at] === '}') {
      return at + 1;
    }
    const name = matchAt(LABEL_NAME, line, at);
    if (name === null) {
      return null;
    }
    at = skipSpaces(line, at + name[0].length);
    if (line[at] !== '=') {
      return null;
    }
    at = skipSpaces(line, at + 1);
    const quoted = matchAt(QUOTED, line, at);
    if (quoted === null || name[0] in labels) {
      return null;
    }
    labels[name[0]] = quoted[1]!.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    at = skipSpaces(line, at + quoted[0].length);
    if (line[at] === ',') {
      at += 1;
    } else if (line[at] !== '}') {
      return null;
    }
  }
  return null;
}

function skipSpaces(line: string, at: number): number {
  return at + (matchAt(SPACES, line, at)?.[0].length ?? 0);
}

function matchAt(pattern: RegExp, line: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(line);
}
