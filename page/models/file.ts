/** A `.gguf` file of the person's own: its header is read here, and nothing of it leaves the browser. */

import { type ByteSource, specFromSources } from '../../src/gguf/browser.ts';
import { nameOf } from './file-name.ts';
import type { FoundModel } from './found.ts';

/** How much is read at a time, bytes. */
const SLICE_BYTES = 2 ** 20;

/** A file as the header reader takes it: slice by slice, and no further than it asks. */
export function blobSource(blob: Blob): ByteSource {
  let position = 0;
  return {
    totalBytes: blob.size,
    async next() {
      if (position >= blob.size) {
        return null;
      }
      const slice = blob.slice(position, position + SLICE_BYTES);
      position += slice.size;
      return new Uint8Array(await slice.arrayBuffer());
    },
    async close() {
      position = blob.size;
    },
  };
}

/**
 * The model of dropped files: one, or all parts of a split one; a tower's file (`*mmproj*`) beside it is taken along.
 * @throws GgufError see `code`
 */
export async function modelFromFiles(files: readonly File[]): Promise<FoundModel> {
  const towers = files.filter(({ name }) => /mmproj/i.test(name));
  const models = files.filter(({ name }) => !/mmproj/i.test(name));
  const parts = [...(models.length > 0 ? models : towers)].sort((a, b) => (a.name < b.name ? -1 : 1));
  const tower = models.length > 0 ? towers[0] : undefined;
  const spec = await specFromSources(parts.map(blobSource), {
    name: nameOf(parts[0]!.name),
    ...(tower === undefined ? {} : { projector: blobSource(tower) }),
  });
  return { spec, notes: [] };
}
