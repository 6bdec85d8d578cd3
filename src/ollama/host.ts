/** OLLAMA_HOST, read as Ollama reads it (envconfig/config.go, Var, Host and ConnectableHost, v0.33.0-rc2 fb30760). */

import { isIP } from 'node:net';
import { OllamaError } from './errors.ts';

export interface OllamaHost {
  /** Scheme, host, port and path prefix; no trailing slash, no credentials. */
  readonly baseUrl: string;
  /** Whether it is this machine; then no proxy is asked. */
  readonly loopback: boolean;
  /** `Basic …` when the setting carried `user:password@`. Ollama itself knows no such form. */
  readonly authorization: string | null;
}

/**
 * Reads a host setting: `gpu-01`, `0.0.0.0`, `:11434`, `[::1]:8080`, `https://ollama.example.org/prefix`. A missing port
 * is 11434 without a scheme, else the scheme's own; quotes around it are left out. Addresses to listen on (`0.0.0.0`,
 * `::`) become loopback. A number alone is a port of this machine: Ollama would take it for a host, which no machine is
 * called (an address parser makes 0.0.48.112 of 12400).
 * @throws OllamaError `bad-host` for another scheme than http and https, or a host that no URL can hold.
 */
export function parseOllamaHost(setting: string): OllamaHost {
  const text = setting
    .trim()
    .replace(/^["']+|["']+$/g, '')
    .trim();
  // A URL leaves out line breaks and tabs, so that another host would be asked than the one that reads there.
  if (/[\s\p{Cc}\p{Cf}]/u.test(text)) {
    throw new OllamaError('bad-host', { reason: 'syntax' });
  }
  const schemeEnd = text.indexOf('://');
  let scheme = schemeEnd < 0 ? 'http' : text.slice(0, schemeEnd).toLowerCase();
  let rest = schemeEnd < 0 ? text : text.slice(schemeEnd + 3);
  let defaultPort = '11434';
  if (schemeEnd < 0 && text === 'ollama.com') {
    scheme = 'https';
    rest = 'ollama.com:443';
  } else if (schemeEnd >= 0) {
    if (scheme !== 'http' && scheme !== 'https') {
      throw new OllamaError('bad-host', { reason: 'scheme' });
    }
    defaultPort = scheme === 'http' ? '80' : '443';
  }
  const slash = rest.indexOf('/');
  const path = slash < 0 ? '' : rest.slice(slash).replace(/\/+$/, '');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const at = authority.lastIndexOf('@');
  const { host, port } = splitHostPort(authority.slice(at + 1), defaultPort);
  const hostname = connectable(host);
  const hostInUrl = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  const url = URL.parse(`${scheme}://${hostInUrl}:${port}${path}`);
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new OllamaError('bad-host', { reason: 'syntax' });
  }
  // The port is written out even where it is the scheme's own, so that two spellings give one text.
  return {
    baseUrl: `${url.protocol}//${url.hostname}:${port}${path}`,
    loopback: isLoopback(hostname),
    authorization: at < 0 ? null : `Basic ${Buffer.from(decode(authority.slice(0, at))).toString('base64')}`,
  };
}

/**
 * As Go's net.SplitHostPort, with Ollama's fall-backs: what cannot be split is a host, and a bad port is the default one.
 * @throws OllamaError where there are more colons than one outside an IPv6 address
 */
function splitHostPort(hostport: string, defaultPort: string): { host: string; port: string } {
  const bracketed = /^\[([^[\]]*)\]:([^:]*)$/.exec(hostport);
  if (bracketed) {
    return { host: bracketed[1] || '127.0.0.1', port: checkedPort(bracketed[2]!, defaultPort) };
  }
  const bare = hostport.replace(/^[[\]]+|[[\]]+$/g, '');
  if (isIP(bare) !== 0) {
    return { host: bare, port: defaultPort };
  }
  if (/^\d{1,5}$/.test(hostport)) {
    return { host: '127.0.0.1', port: checkedPort(hostport, defaultPort) };
  }
  const parts = hostport.split(':');
  if (parts.length > 2) {
    throw new OllamaError('bad-host', { reason: 'syntax' });
  }
  return {
    host: parts[0] || '127.0.0.1',
    port: parts[1] === undefined ? defaultPort : checkedPort(parts[1], defaultPort),
  };
}

function checkedPort(text: string, fallback: string): string {
  if (!/^[+-]?\d{1,10}$/.test(text)) {
    return fallback;
  }
  const port = Number(text);
  return port < 0 || port > 65_535 ? fallback : String(Math.abs(port));
}

function connectable(host: string): string {
  if (host === '0.0.0.0') {
    return '127.0.0.1';
  }
  if (isIP(host) === 6 && /^[0:]+$/.test(host)) {
    return '::1';
  }
  return host;
}

function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
