/** Control and format characters (direction overrides, zero width, tags), lone surrogates, letters that show nothing. */
const INVISIBLE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u115f\u1160\u3164\uffa0]/gu;

/**
 * Text from outside without what cannot be seen but changes how the rest reads. Ends of lines stay, each as `\n`; a
 * tab becomes a space.
 * @param instead what stands in the place of each character taken out
 */
export function withoutInvisible(text: string, instead = ''): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll('\t', ' ')
    .replace(INVISIBLE, instead);
}

/** Untrusted text on one line, without characters that change how it is read, cut to `limit` characters. */
export function singleLine(text: string, limit: number): string {
  // Cut first: work on hostile text is bounded by what can come out of it.
  const clean = withoutInvisible(text.slice(0, limit * 4), ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return [...clean].slice(0, limit).join('');
}
