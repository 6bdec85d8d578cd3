import type { ServerResponse } from 'node:http';
import { MIB } from '../../base/bytes.ts';

/** Streams open at once; whoever comes after asks now and then instead. */
export const MAX_STREAMS = 100;
/** A sign of life for proxies between, ms. */
const BEAT_MS = 20_000;
/** A change is told after this time together with others, ms. */
const TOGETHER_MS = 250;
/** A reader with so much unread is too slow for a stream, bytes. */
const MAX_UNREAD = 2 * MIB;

export interface Streams {
  /**
   * @param mayStay asked again and again, for a session may end before its stream does
   * @returns whether the stream is open; false = too many are
   */
  open(response: ServerResponse, headers: Readonly<Record<string, string>>, mayStay: () => boolean): boolean;
  /** Somebody may have lost the right to watch. */
  recheck(): void;
  readonly full: boolean;
  /** Something may have changed. */
  changed(): void;
  close(): void;
}

/**
 * Server-sent events to everybody who watches: the text is made once for all of them, and only while somebody does.
 * @param make the state as JSON
 * @param onWatched called when the first comes, and with what that returned when the last has gone
 */
export function createStreams(make: () => string, onWatched: () => () => void): Streams {
  const open = new Map<ServerResponse, () => boolean>();
  let told = '';
  let soon: NodeJS.Timeout | undefined;
  let beat: NodeJS.Timeout | undefined;
  let unwatch: (() => void) | undefined;

  const leave = (response: ServerResponse): void => {
    if (open.delete(response) && open.size === 0) {
      clearInterval(beat);
      clearTimeout(soon);
      soon = undefined;
      unwatch?.();
      unwatch = undefined;
    }
  };
  const send = (response: ServerResponse, text: string): void => {
    if (response.writableLength > MAX_UNREAD) {
      response.destroy();
      leave(response);
      return;
    }
    response.write(text);
  };
  const recheck = (): void => {
    for (const [response, mayStay] of open) {
      if (!mayStay()) {
        response.end();
        leave(response);
      }
    }
  };
  const tell = (): void => {
    soon = undefined;
    recheck();
    if (open.size === 0) {
      return;
    }
    const text = make();
    if (withoutTime(text) === told) {
      return;
    }
    told = withoutTime(text);
    for (const response of open.keys()) {
      send(response, `event: state\ndata: ${text}\n\n`);
    }
  };
  return {
    get full() {
      return open.size >= MAX_STREAMS;
    },
    recheck,
    open(response, headers, mayStay) {
      if (open.size >= MAX_STREAMS) {
        return false;
      }
      response.writeHead(200, {
        ...headers,
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      const text = make();
      response.write(`retry: 5000\nevent: state\ndata: ${text}\n\n`);
      open.set(response, mayStay);
      response.once('close', () => leave(response));
      if (open.size === 1) {
        told = withoutTime(text);
        unwatch = onWatched();
        beat = setInterval(() => {
          recheck();
          for (const one of open.keys()) {
            send(one, ': still here\n\n');
          }
        }, BEAT_MS);
        beat.unref();
      }
      return true;
    },
    changed() {
      if (open.size > 0) {
        soon ??= setTimeout(tell, TOGETHER_MS);
      }
    },
    close() {
      for (const response of open.keys()) {
        response.end();
      }
      clearInterval(beat);
      clearTimeout(soon);
    },
  };
}

/** The time of telling is no news by itself. */
function withoutTime(text: string): string {
  return text.replace(/"takenAtMs":\d+/, '');
}
