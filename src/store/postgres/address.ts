/** Where a PostgreSQL is, read from DATABASE_URL. The URL holds a password: no part of it is ever logged or told. */
export interface PostgresAddress {
  /** A host name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  /**
   * `off`: a Unix socket or this machine itself. Else the connection is encrypted and the server's certificate is held
   * against its name, by the authorities of a file or by those that Node knows.
   */
  readonly tls: 'off' | { readonly rootCertificate: string | null };
}

/** What is wrong with a URL, in words for whoever set it. No value is part of it. */
export class PostgresAddressError extends Error {}

const DEFAULT_PORT = 5432;
const PARAMETERS = ['host', 'sslmode', 'sslrootcert'];
/** Words of libpq for connections that would do without encryption, or without looking at the certificate. */
const UNVERIFIED = ['allow', 'prefer', 'no-verify'];
const VERIFIED = ['require', 'verify-ca', 'verify-full'];

/**
 * Reads `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem`, or a Unix socket as
 * libpq writes it: `postgres://user@/database?host=/var/run/postgresql`. Stricter than libpq
 * (https://www.postgresql.org/docs/current/libpq-connect.html): off this machine every mode is `verify-full`.
 * @throws PostgresAddressError
 */
export function parsePostgresUrl(text: string): PostgresAddress {
  // The form of a Unix socket has no host, which is no URL to WHATWG with a user in it.
  const url = readUrl(text.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?]|$)/, '$1socket.invalid'));
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) {
    throw new PostgresAddressError(`has a parameter other than ${PARAMETERS.join(', ')}`);
  }
  const named = decode(url.hostname.replace(/^\[|\]$/g, '')).replace(/^socket\.invalid$/, '');
  const host = url.searchParams.get('host') ?? named;
  if (host === '') {
    throw new PostgresAddressError('names no host; a Unix socket is written ?host=/var/run/postgresql');
  }
  const user = decode(url.username);
  if (user === '') {
    throw new PostgresAddressError('names no user');
  }
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user,
    database: decode(url.pathname.replace(/^\//, '')) || user,
    password: url.password === '' ? null : decode(url.password),
    tls: readTls(url.searchParams, host),
  };
}

function readUrl(text: string): URL {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw new PostgresAddressError('must be a URL such as postgres://user:password@host:5432/database');
  }
  return new URL(text);
}

function readTls(parameters: URLSearchParams, host: string): PostgresAddress['tls'] {
  const mode = parameters.get('sslmode');
  const rootCertificate = parameters.get('sslrootcert');
  if (mode !== null && ![...UNVERIFIED, ...VERIFIED, 'disable'].includes(mode)) {
    throw new PostgresAddressError(`has an sslmode other than disable, ${VERIFIED.join(', ')}`);
  }
  if (isThisMachine(host)) {
    const wanted = mode === null ? rootCertificate !== null : VERIFIED.includes(mode);
    return wanted ? { rootCertificate } : 'off';
  }
  if (mode === 'disable' || UNVERIFIED.includes(mode ?? '')) {
    throw new PostgresAddressError(
      'would send passwords over the network without a verified certificate; leave sslmode away, and name the authority of ' +
        'your own certificates by sslrootcert=FILE, or use a Unix socket',
    );
  }
  return { rootCertificate };
}

function isThisMachine(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new PostgresAddressError('has a % that encodes nothing; write %25 for it');
  }
}
