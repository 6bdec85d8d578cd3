/** JSON answers of many megabytes, made and sent in pieces, so that the process that runs the simulator stays awake. */

import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';

const ENTRIES_PER_PIECE = 8192;

/** A list of made-up entries that is never in memory as a whole: words `token0`, `token1`, …, or ones. */
export class InventedList {
  readonly length: number;
  readonly #numbers: boolean;

  constructor(length: number, numbers: boolean) {
    this.length = length;
    this.#numbers = numbers;
  }

  *pieces(): Generator<string, void, void> {
    yield '[';
    for (let from = 0; from < this.length; from += ENTRIES_PER_PIECE) {
      const count = Math.min(ENTRIES_PER_PIECE, this.length - from);
      const entries = Array.from({ length: count }, (_, index) => (this.#numbers ? '1' : `"token${from + index}"`));
      yield (from === 0 ? '' : ',') + entries.join(',');
    }
    yield ']';
  }
}

/** Sends an answer in which {@link InventedList}s may stand. */
export async function sendLargeJson(response: ServerResponse, body: unknown): Promise<void> {
  const lists: InventedList[] = [];
  const text = JSON.stringify(body, (_key, value: unknown) => {
    return value instanceof InventedList ? `\u0000${lists.push(value) - 1}\u0000` : value;
  });
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  // every other part is the number of a list
  for (const [index, part] of text.split(/"\\u0000(\d+)\\u0000"/).entries()) {
    for (const piece of index % 2 === 0 ? [part] : lists[Number(part)]!.pieces()) {
      if (response.destroyed) {
        return;
      }
      response.write(piece);
      await setImmediate();
    }
  }
  response.end();
}
