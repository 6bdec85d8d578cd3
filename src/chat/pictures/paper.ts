import { GlobalFonts, type SKRSContext2D } from '@napi-rs/canvas';

/** The font that ships with the project; the machine need not have any. */
export const FONT = 'Headroom Sans';
/** Units a picture is wide. A phone shows them on some 360 points, so a text of 16 units is read there at 12. */
export const WIDTH = 480;
/** Pixels per unit: a phone's screen has three to a point. */
export const SCALE = 2.25;
/** Sizes of text, units. */
export const TEXT = { title: 20, label: 17, small: 16 } as const;

let fontsReady = false;

/** Registers the font, once. */
export function prepareFonts(): void {
  if (!fontsReady) {
    const file = new URL('../../../assets/fonts/NotoSansSC-Regular.subset.woff2', import.meta.url).pathname;
    GlobalFonts.registerFromPath(file, FONT);
    fontsReady = true;
  }
}

/** Sets the font of what is written or measured next. */
export function setFont(context: SKRSContext2D, size: number): void {
  context.font = `${size}px "${FONT}", sans-serif`;
}

/** Cuts a text to a width in units in the font that is set, so that it cannot run over what stands beside it. */
export function cutToUnits(context: SKRSContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) {
    return text;
  }
  const characters = [...text];
  while (characters.length > 1 && context.measureText(`${characters.join('')}…`).width > width) {
    characters.pop();
  }
  return `${characters.join('')}…`;
}

/** Breaks a text into lines of a width in units, in the font that is set; the last of `maxLines` is cut. */
export function breakLines(context: SKRSContext2D, text: string, width: number, maxLines: number): string[] {
  const lines: string[] = [];
  // Between words, and between any two Chinese characters.
  let rest: readonly string[] =
    text.match(/[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+/gu) ?? [];
  while (rest.length > 0 && lines.length < maxLines - 1) {
    let count = 1;
    while (
      count < rest.length &&
      context.measureText(
        rest
          .slice(0, count + 1)
          .join('')
          .trimEnd(),
      ).width <= width
    ) {
      count += 1;
    }
    // No line begins with a mark that closes.
    while (count > 1 && /^[，。：；、）？！]/u.test(rest[count] ?? '')) {
      count -= 1;
    }
    lines.push(cutToUnits(context, rest.slice(0, count).join('').trimEnd(), width));
    rest = rest.slice(count);
  }
  if (rest.length > 0) {
    lines.push(cutToUnits(context, rest.join('').trimEnd(), width));
  }
  return lines;
}
