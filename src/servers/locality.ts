import { existsSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { parseOllamaHost } from '../ollama/host.ts';

/**
 * Whether an Ollama host setting means this machine: loopback, one of its own names or addresses, or, inside a
 * container, a neighbour's plain service name (`ollama`, `host.docker.internal`): the same hardware. GPU_SOURCE=auto reads
 * this machine's GPUs, and they must not be taken for those of another one.
 */
export function isThisMachine(
  ollamaHost: string,
  own: { readonly hostname: string; readonly addresses: readonly string[]; readonly inContainer: boolean } = {
    hostname: hostname(),
    addresses: Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map((entry) => entry.address)),
    inContainer: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
  },
): boolean {
  const host = parseOllamaHost(ollamaHost);
  if (host.loopback) {
    return true;
  }
  const name = new URL(host.baseUrl).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (name === own.hostname.toLowerCase() || own.addresses.some((address) => address.toLowerCase() === name)) {
    return true;
  }
  return (
    own.inContainer && (!/[.:]/.test(name) || name === 'host.docker.internal' || name === 'host.containers.internal')
  );
}
