/** How a terminal takes a picture: kitty's graphics protocol, iTerm2's inline images, sixel. */
export type Graphics = 'kitty' | 'iterm' | 'sixel';

/** Kitty takes a picture in pieces of at most this many characters (its graphics protocol, "The transmission medium"). */
const KITTY_PIECE = 4_096;
/** Cells that a picture is wide at most: wider is not easier to read. */
const MAX_CELLS = 72;
/** What to assume of a cell's width where the terminal does not tell, pixels. */
const DEFAULT_CELL = 9;
const MAX_PIXELS = 4_096;
const PALETTE = 64;

export interface GraphicsPlace {
  /** Columns of the terminal. */
  readonly columns: number;
  /** Width of a cell in pixels, where the terminal told it. */
  readonly cellWidth: number | null;
}

/** The picture as this terminal takes it: lines that end in a line break of their own. Rejects where it is no PNG. */
export async function encodePicture(png: Uint8Array, graphics: Graphics, place: GraphicsPlace): Promise<string> {
  const cells = Math.max(1, Math.min(MAX_CELLS, place.columns - 2));
  switch (graphics) {
    case 'kitty':
      return kitty(png, cells);
    case 'iterm':
      return iterm(png, cells);
    case 'sixel':
      return sixel(png, cells * (place.cellWidth ?? DEFAULT_CELL));
  }
}

/** https://sw.kovidgoyal.net/kitty/graphics-protocol/: a=T show at once, f=100 PNG, q=2 answer nothing, m=1 more comes. */
function kitty(png: Uint8Array, cells: number): string {
  const data = Buffer.from(png).toString('base64');
  const pieces: string[] = [];
  for (let at = 0; at < data.length; at += KITTY_PIECE) {
    const more = at + KITTY_PIECE < data.length ? 1 : 0;
    const keys = at === 0 ? `a=T,f=100,q=2,c=${cells},m=${more}` : `m=${more}`;
    pieces.push(`\u001b_G${keys};${data.slice(at, at + KITTY_PIECE)}\u001b\\`);
  }
  return pieces.join('');
}

/** https://iterm2.com/documentation-images.html */
function iterm(png: Uint8Array, cells: number): string {
  const data = Buffer.from(png).toString('base64');
  return `\u001b]1337;File=inline=1;size=${png.length};width=${cells};preserveAspectRatio=1:${data}\u0007`;
}

async function sixel(png: Uint8Array, wantedWidth: number): Promise<string> {
  const [{ createCanvas, loadImage }, { image2sixel }] = await Promise.all([
    import('@napi-rs/canvas'),
    import('sixel'),
  ]);
  const image = await loadImage(Buffer.from(png));
  const width = Math.min(Math.round(wantedWidth), image.width, MAX_PIXELS);
  const height = Math.min(MAX_PIXELS, Math.max(1, Math.round((image.height * width) / image.width)));
  const pen = createCanvas(width, height).getContext('2d');
  pen.drawImage(image, 0, 0, width, height);
  return image2sixel(pen.getImageData(0, 0, width, height).data, width, height, PALETTE);
}
