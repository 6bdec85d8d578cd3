import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { carriesToken, isEqual, isFromHere } from '../guard.ts';

const COOKIE = 'headroom_session';
/** How long somebody stays logged in, ms. */
const SESSION_MS = 12 * 3_600_000;
const MAX_SESSIONS = 500;
/** Failures from one address, and from all together, in this time, ms. */
const FAILURES_MS = 5 * 60_000;
const MAX_FAILURES = 10;
const MAX_FAILURES_TOGETHER = 100;
const MAX_ADDRESSES = 1_000;

export type Login =
  | { readonly kind: 'in'; readonly cookie: string }
  | { readonly kind: 'wrong' }
  /** Too many failures; may be tried again after so many seconds. */
  | { readonly kind: 'wait'; readonly seconds: number };

/** Who may look at the live part. */
export interface Visitors {
  readonly needsToken: boolean;
  /** A wrong token as `Authorization: Bearer …` counts as a failed login. */
  mayLook(request: IncomingMessage): boolean;
  /** Whether somebody who was let in may go on watching. */
  mayStay(request: IncomingMessage): boolean;
  /** Seconds until a token of this address is looked at again; 0 = now. */
  waitSeconds(request: IncomingMessage): number;
  logIn(request: IncomingMessage, token: string): Login;
  /** Ends a session. @returns the cookie that takes the old one's place */
  logOut(request: IncomingMessage): string;
}

/**
 * Sessions behind the page's token. The cookie carries a number of its own, of which only a digest is kept, and never the
 * token. Without a token only this machine itself may look.
 */
export function createVisitors(token: string | null, now: () => number): Visitors {
  // Maps keep the order of insertion: the first is the oldest.
  const sessions = new Map<string, number>();
  const failures = new Map<string, { count: number; sinceMs: number }>();
  let together = { count: 0, sinceMs: 0 };

  const isIn = (request: IncomingMessage): boolean => {
    const key = sessionKey(request);
    const untilMs = key === null ? undefined : sessions.get(key);
    if (key !== null && untilMs !== undefined && untilMs <= now()) {
      sessions.delete(key);
      return false;
    }
    return untilMs !== undefined;
  };

  const fail = (address: string): void => {
    const known = failures.get(address);
    const running = known !== undefined && now() - known.sinceMs < FAILURES_MS;
    failures.delete(address);
    failures.set(address, { count: running ? known.count + 1 : 1, sinceMs: running ? known.sinceMs : now() });
    const [oldest] = failures.keys();
    if (failures.size > MAX_ADDRESSES && oldest !== undefined) {
      failures.delete(oldest);
    }
    together =
      now() - together.sinceMs < FAILURES_MS
        ? { ...together, count: together.count + 1 }
        : { count: 1, sinceMs: now() };
  };

  const waitMs = ({ socket }: IncomingMessage): number => {
    const address = socket.remoteAddress ?? '';
    const left = (since: number) => Math.max(0, since + FAILURES_MS - now());
    const own = failures.get(address);
    return Math.max(
      own !== undefined && own.count >= MAX_FAILURES ? left(own.sinceMs) : 0,
      together.count >= MAX_FAILURES_TOGETHER ? left(together.sinceMs) : 0,
    );
  };

  const mayByHeader = (request: IncomingMessage): boolean => {
    if (!/^Bearer /.test(request.headers.authorization ?? '') || waitMs(request) > 0) {
      return false;
    }
    const carries = carriesToken(request, token);
    if (!carries) {
      fail(request.socket.remoteAddress ?? '');
    }
    return carries;
  };

  return {
    needsToken: token !== null,
    mayLook: (request) => (token === null ? isFromHere(request) : isIn(request) || mayByHeader(request)),
    mayStay: (request) => token === null || isIn(request) || carriesToken(request, token),
    waitSeconds: (request) => Math.ceil(waitMs(request) / 1000),
    logIn(request, given) {
      const address = request.socket.remoteAddress ?? '';
      const wait = waitMs(request);
      if (wait > 0) {
        return { kind: 'wait', seconds: Math.ceil(wait / 1000) };
      }
      if (token === null || !isEqual(given, token)) {
        fail(address);
        return { kind: 'wrong' };
      }
      failures.delete(address);
      const id = randomBytes(32).toString('base64url');
      sessions.set(digestOf(id), now() + SESSION_MS);
      const [oldest] = sessions.keys();
      if (sessions.size > MAX_SESSIONS && oldest !== undefined) {
        sessions.delete(oldest);
      }
      return { kind: 'in', cookie: cookieText(request, id, SESSION_MS / 1000) };
    },
    logOut(request) {
      const key = sessionKey(request);
      if (key !== null) {
        sessions.delete(key);
      }
      return cookieText(request, '', 0);
    },
  };
}

function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('base64');
}

function sessionKey(request: IncomingMessage): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [, id] = new RegExp(`^\\s*${COOKIE}=([A-Za-z0-9_-]{43})\\s*$`).exec(part) ?? [];
    if (id !== undefined) {
      return digestOf(id);
    }
  }
  return null;
}

function cookieText(request: IncomingMessage, value: string, seconds: number): string {
  // Behind a proxy that speaks TLS the cookie is for TLS alone.
  const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}
