import { CodedError } from '../../base/coded.ts';
import type { Server, ServerRegistry } from '../types.ts';

/** The server that was named, or the only one, or the default. @throws CodedError `server-unknown` */
export function pickServer({ servers }: { readonly servers: ServerRegistry }, name: string | undefined): Server {
  const server = name === undefined ? servers.defaultServer : servers.get(name);
  if (server === null) {
    throw new CodedError('server-unknown', {
      server: name ?? '',
      servers: servers.servers.map((candidate) => candidate.name).join(', '),
    });
  }
  return server;
}
