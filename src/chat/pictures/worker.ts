/** The drawing thread: takes picture specs, gives PNGs, so that drawing never holds up the bot's answers. */
import { parentPort } from 'node:worker_threads';
import { drawPicture } from './draw.ts';
import type { PictureSpec } from './spec.ts';

parentPort?.on('message', ({ id, spec }: { id: number; spec: PictureSpec }) => {
  try {
    parentPort?.postMessage({ id, png: drawPicture(spec) });
  } catch (error) {
    parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
