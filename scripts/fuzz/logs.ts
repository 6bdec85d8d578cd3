/** Pastes of logs that are wrong in every way: recorded ones cut, mixed, carried, wrapped and bent, up to a mebibyte. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { mutate, type Random } from './random.ts';

const RECORD = new URL('../../truth/record/logs.jsonl.gz', import.meta.url);
/** As much as is read of a paste. */
const MOST_CHARS = 2 ** 20;

const logs: readonly string[] = gunzipSync(readFileSync(RECORD))
  .toString()
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { text: string }).text);

const STAMP = '2026-11-26T19:42:50.123456789Z';
const CARRIERS: readonly ((line: string, index: number) => string)[] = [
  (line) => `ollama-1  | ${line}`,
  (line, index) => `ollama-${1 + (index % 2)}  | ${line}`,
  (line) => `Nov 26 19:42:50 box ollama[1234]: ${line}`,
  (line) => `${STAMP} stderr F ${line}`,
  (line) => JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: STAMP }),
  (line, index) => `${index}: ${line}`,
  (line) => `> ${line}`,
  (line) => `\u001b[32m${line}\u001b[0m`,
  (line) => line.replaceAll('"', '“'),
  (line) => `{"${line}`,
];

function cut(random: Random, text: string): string {
  const from = random.chance(0.5) ? 0 : random.below(text.length);
  return text.slice(from, from + 1 + random.below(text.length - from));
}

function wrapped(random: Random, text: string): string {
  const width = 20 + random.below(200);
  return text.replaceAll(new RegExp(`.{${width}}`, 'g'), '$&\n');
}

function shuffled(random: Random, text: string): string {
  const lines = text.split('\n');
  for (let swaps = lines.length; swaps > 0; swaps--) {
    const [a, b] = [random.below(lines.length), random.below(lines.length)];
    [lines[a], lines[b]] = [lines[b]!, lines[a]!];
  }
  return lines.join('\n');
}

/** The same line again and again, up to the bound: what is slow by the square shows here. */
function repeated(random: Random, text: string): string {
  const lines = text.split('\n');
  const from = random.below(lines.length);
  const piece = `${lines.slice(from, from + 1 + random.below(5)).join(random.chance(0.2) ? '' : '\n')}\n`;
  return piece.repeat(Math.ceil(MOST_CHARS / piece.length)).slice(0, MOST_CHARS);
}

const STEPS: readonly ((random: Random, text: string) => string)[] = [
  cut,
  wrapped,
  shuffled,
  (random, text) => `${text}\n${random.pick(logs)}`,
  (random, text) => mutate(random, text, random.pick(logs)),
  (random, text) => {
    const carry = random.pick(CARRIERS);
    return text.split('\n').map(carry).join('\n');
  },
];

/** One wrong paste; a few of a hundred are as long as what is read. */
export function wrongPaste(random: Random): string {
  let text = random.pick(logs);
  for (let steps = 1 + random.below(3); steps > 0; steps--) {
    text = random.pick(STEPS)(random, text).slice(0, MOST_CHARS);
  }
  return random.chance(0.02) ? repeated(random, text) : text;
}
