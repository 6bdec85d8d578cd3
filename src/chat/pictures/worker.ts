/** The drawing thread: takes picture specs, gives PNGs, so that drawing never holds up the bot's answers. */
import { parentPort } from 'node:worker_threads';
import { lowerPriority } from '../../workers/low-priority.ts';
import { drawPicture } from './draw.ts';
import type { PictureSpec } from './spec.ts';

lowerPriority();
parentPort?.on('message', (spec: PictureSpec) => {
  try {
    parentPort?.postMessage({ png: drawPicture(spec) });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
