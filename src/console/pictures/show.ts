import { within } from '../../base/wait.ts';
import type { Picture, Reply } from '../../chat/reply.ts';
import { createPaint } from '../paint.ts';
import { blockPicture } from './blocks.ts';
import type { PictureMeans } from './detect.ts';
import { encodePicture } from './graphics.ts';

/** A picture that takes longer is made of characters, milliseconds. */
const DRAW_MS = 5_000;

export interface ShowOptions {
  readonly columns: number;
  readonly colour: boolean;
}

/** The pictures of a reply as this terminal shows them, for `renderReply`. Never rejects. */
export async function showPictures(
  reply: Reply,
  means: PictureMeans,
  { columns, colour }: ShowOptions,
): Promise<ReadonlyMap<Picture, string>> {
  const { how, cellWidth } = means;
  const shown = new Map<Picture, string>();
  if (how === 'off') {
    return shown;
  }
  for (const block of reply.blocks) {
    if (block.kind !== 'picture') {
      continue;
    }
    const { picture } = block;
    const drawn =
      how === 'blocks'
        ? null
        : await within(
            DRAW_MS,
            picture.png().then((png) => encodePicture(png, how, { columns, cellWidth })),
            () => null,
          ).catch(() => null);
    shown.set(picture, drawn ?? blockPicture(picture.spec, columns, createPaint(colour)).join('\n'));
  }
  return shown;
}
