import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Whether a request was meant for this server: a page of somebody else's whose name was made to point here (DNS
 * rebinding) carries that name as its Host. An address in numbers is no name that could be made to point anywhere.
 * @param names names under which the page is reached, lower case
 */
export function isHostOurs(request: IncomingMessage, names: readonly string[]): boolean {
  const host = hostName(request.headers.host);
  return host !== null && (isIP(host) !== 0 || host === 'localhost' || names.includes(host));
}

/** Whether a request comes from this page itself, or from no page at all: a script, an address that was typed. */
export function isOriginOurs(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return false;
  }
  if (origin === undefined) {
    return true;
  }
  const url = URL.parse(origin);
  return url !== null && /^https?:$/.test(url.protocol) && url.host === host?.toLowerCase();
}

/** The name in a Host header, without its port; null where it is none. */
function hostName(header: string | undefined): string | null {
  if (header === undefined || !/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/.test(header)) {
    return null;
  }
  return header
    .replace(/:\d{1,5}$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}
