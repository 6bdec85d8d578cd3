/** Finding a name in a list as it is typed, as completion in the chat does. */

const MOST = 60;

/** A name without what people leave out or put in: `gemma 3 12b` finds gemma3:12b. */
function squashed(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_:-]/g, '');
}

/** Names that contain what was typed; those that begin with it come first. At most 60. */
export function searchNames(names: readonly string[], typed: string): readonly string[] {
  const wanted = squashed(typed);
  return names
    .map((name, index) => ({ name, index, at: squashed(name).indexOf(wanted) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => Number(a.at > 0) - Number(b.at > 0) || a.index - b.index)
    .slice(0, MOST)
    .map(({ name }) => name);
}
