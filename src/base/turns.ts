/** Long lists a piece at a time: what takes tens of milliseconds in one go holds up everybody else's answer. */

/** Entries of a list that are looked at in one go. */
const ENTRIES = 500;

/** Resolves when the event loop has turned once, so that others had their turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Gives every entry to `read`; the event loop turns in between. Rejects with what `read` throws. */
export async function mapInTurns<T, R>(list: readonly T[], read: (entry: T, at: number) => R): Promise<R[]> {
  const all: R[] = [];
  for (const [at, entry] of list.entries()) {
    if (at > 0 && at % ENTRIES === 0) {
      await nextTurn();
    }
    all.push(read(entry, at));
  }
  return all;
}
