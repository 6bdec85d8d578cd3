import { MIB } from '../../base/bytes.ts';

/** Pictures kept, bytes over all of them; one takes 15 to 60 kB. */
const MAX_BYTES = 4 * MIB;

/** Pictures by their content: those that were drawn lately, and those that are being drawn. */
export interface PictureCache {
  /** The picture under this key; drawn when it is not there. One that failed is drawn anew the next time. */
  get(key: string, draw: () => Promise<Uint8Array>): Promise<Uint8Array>;
}

export function createPictureCache(maxBytes = MAX_BYTES): PictureCache {
  // A Map keeps the order of insertion: the first key is the one unused for longest.
  const drawn = new Map<string, Uint8Array>();
  const underWay = new Map<string, Promise<Uint8Array>>();
  let bytes = 0;

  const keep = (key: string, png: Uint8Array) => {
    drawn.set(key, png);
    bytes += png.length;
    for (const [oldest, { length }] of drawn) {
      if (bytes <= maxBytes) {
        break;
      }
      drawn.delete(oldest);
      bytes -= length;
    }
  };

  return {
    get: (key, draw) => {
      const known = drawn.get(key);
      if (known !== undefined) {
        drawn.delete(key);
        drawn.set(key, known);
        return Promise.resolve(known);
      }
      let work = underWay.get(key);
      if (work === undefined) {
        work = draw().then((png) => {
          keep(key, png);
          return png;
        });
        underWay.set(key, work);
        const done = () => underWay.delete(key);
        work.then(done, done);
      }
      return work;
    },
  };
}
