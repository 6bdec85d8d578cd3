import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Gives text a colour or a weight, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** @param colour as {@link wantsColour} says */
export function createPaint(colour: boolean): Paint {
  return colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

/**
 * Whether what is written to a stream may carry colours: on a terminal, unless NO_COLOR (no-color.org) or TERM says
 * otherwise. FORCE_COLOR comes before both, as in Node itself; `0` there means none.
 */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: refused, TERM: terminal } = environment;
  if (forced !== undefined) {
    return !/^(0|false|no)$/i.test(forced.trim());
  }
  return stream.isTTY === true && (refused === undefined || refused === '') && terminal !== 'dumb';
}
