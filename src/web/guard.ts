import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { isHostOurs } from './origin.ts';

/**
 * Connections at once beside streams. One more takes the place of the one that has been idle or half open for longest; where
 * all are busy, as with clients that ask and do not read, of the oldest.
 */
const MAX_CONNECTIONS = 64;
/** Headers that a proxy adds: whoever asks is not on this machine, though the proxy is. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip'];

/**
 * Whether a request may see figures: it comes from this machine itself and names it so (no page in a browser here whose
 * name was made to point here), or carries the token. Without a token nobody else
 * may, for the figures name servers and models.
 * @param hosts names of this machine beside `localhost`, lower case
 */
export function mayRead(request: IncomingMessage, token: string | null, hosts: readonly string[]): boolean {
  return (isFromHere(request) && isHostOurs(request, hosts)) || carriesToken(request, token);
}

/** Whether a request comes from this machine itself, and not through a proxy on it. */
export function isFromHere(request: IncomingMessage): boolean {
  const proxied = PROXY_HEADERS.some((name) => request.headers[name] !== undefined);
  return !proxied && isLoopback(request.socket.remoteAddress);
}

/** Whether a request carries the token as `Authorization: Bearer …`. */
export function carriesToken(request: IncomingMessage, token: string | null): boolean {
  const [, given] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  return token !== null && given !== undefined && isEqual(given, token);
}

/** Whether an address is this machine's own. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/.test(address);
}

/** Whether two secrets are the same, in the same time whatever is given. */
export function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Keeps a server reachable beside any number of clients that open connections and send nothing.
 * @param streams connections that may stay open for long beside the others
 */
export function boundConnections(server: Server, streams = 0): void {
  // A Set keeps the order of insertion: the first is the oldest.
  const idle = new Set<Socket>();
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    idle.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      idle.delete(socket);
    });
    if (open.size > MAX_CONNECTIONS + streams) {
      const [oldest = socket] = idle.size > 1 ? idle : open;
      open.delete(oldest);
      idle.delete(oldest);
      oldest.destroy();
    }
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    idle.delete(socket);
    response.once('close', () => {
      if (open.has(socket)) {
        idle.add(socket);
      }
    });
  });
}
