/** A name longer than this is none: what a table shows of it, characters. */
const MAX_CHARS = 200;

/** A model's name for a table: without the tag that stands for none. The table shortens what it has no room for. */
export function modelCell(name: string): string {
  return name.replace(/:latest$/, '').slice(0, MAX_CHARS);
}
