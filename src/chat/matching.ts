import { nearestWord } from '../base/nearest.ts';

/** A name without what people leave out or put in: `gemma 3` finds gemma3, `Ｑｗｅｎ` finds qwen. */
function squashed(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]/g, '');
}

/** More is no name that anybody types. */
const MAX_TYPED = 200;
const NOT_AT_ALL = 3;

/**
 * Names that may be meant by what was typed so far, in every chat alike: first those that begin so, then those that
 * hold it (`70b`), then those that hold each of its words (`llama 70b`); where there is none, the one that is a slip
 * away. Among equals their order stays.
 */
export function matchNames(typed: string, names: readonly string[]): readonly string[] {
  const wanted = typed.slice(0, MAX_TYPED);
  const whole = squashed(wanted);
  const words = wanted
    .normalize('NFKC')
    .split(/[\s:/_-]+/)
    .map(squashed)
    .filter((word) => word !== '');
  const rank = (name: string) => {
    const plain = squashed(name);
    const at = plain.indexOf(whole);
    if (at >= 0) {
      return at === 0 ? 0 : 1;
    }
    return words.every((word) => plain.includes(word)) ? 2 : NOT_AT_ALL;
  };
  const found = names
    .map((name, index) => ({ name, index, rank: rank(name) }))
    .filter((one) => one.rank < NOT_AT_ALL)
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ name }) => name);
  const near = found.length > 0 ? null : nearestWord(wanted.normalize('NFKC'), names);
  return near === null ? found : [near];
}
