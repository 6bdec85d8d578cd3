import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PostgresAddressError, parsePostgresUrl } from '../../src/store/postgres/address.ts';

function faultOf(url: string): string {
  try {
    parsePostgresUrl(url);
  } catch (error) {
    if (error instanceof PostgresAddressError) {
      return error.message;
    }
    throw error;
  }
  return '';
}

describe('DATABASE_URL', () => {
  it('names host, port, database, user and password, encoded or not', () => {
    expect(parsePostgresUrl('postgres://bot:p%40ss%2F@db.example.com:6543/head')).toEqual({
      host: 'db.example.com',
      port: 6543,
      database: 'head',
      user: 'bot',
      password: 'p@ss/',
      tls: { rootCertificate: null },
    });
    expect(parsePostgresUrl('postgresql://bot@[::1]')).toMatchObject({ host: '::1', port: 5432, database: 'bot' });
    expect(parsePostgresUrl('postgresql://bot@[::1]').password).toBeNull();
  });

  it.each([
    'postgres://bot@/head?host=/var/run/postgresql',
    'postgres://bot@%2Fvar%2Frun%2Fpostgresql/head',
    'postgres://bot@localhost/head?host=/var/run/postgresql',
  ])('names a Unix socket: %s', (url) => {
    expect(parsePostgresUrl(url)).toMatchObject({ host: '/var/run/postgresql', database: 'head', tls: 'off' });
  });

  it('is encrypted and verified off this machine, whatever libpq would do', () => {
    for (const mode of ['', '?sslmode=require', '?sslmode=verify-ca', '?sslmode=verify-full']) {
      expect(parsePostgresUrl(`postgres://bot@10.0.0.5/head${mode}`).tls, mode).toEqual({ rootCertificate: null });
    }
    expect(parsePostgresUrl('postgres://bot@10.0.0.5/head?sslrootcert=/etc/ca.pem').tls).toEqual({
      rootCertificate: '/etc/ca.pem',
    });
    for (const mode of ['disable', 'allow', 'prefer', 'no-verify']) {
      expect(faultOf(`postgres://bot@10.0.0.5/head?sslmode=${mode}`), mode).toMatch(/verified certificate/);
      // A name is no address: 127.0.0.1.example.com is somewhere else.
      expect(faultOf(`postgres://bot@127.0.0.1.example.com/head?sslmode=${mode}`), mode).toMatch(/verified/);
    }
  });

  it('is plain on this machine unless it is asked for', () => {
    expect(parsePostgresUrl('postgres://bot@127.0.0.1/head').tls).toBe('off');
    expect(parsePostgresUrl('postgres://bot@localhost/head?sslmode=disable').tls).toBe('off');
    expect(parsePostgresUrl('postgres://bot@localhost/head?sslmode=verify-full').tls).toEqual({
      rootCertificate: null,
    });
  });

  it.each([
    ['mysql://bot@host/head', /must be a URL/],
    ['postgres://', /names no host|must be a URL/],
    ['postgres://host/head', /names no user/],
    ['postgres://bot@host/head?options=-c', /parameter other than/],
    ['postgres://bot@host/head?sslmode=sometimes', /sslmode other than/],
    ['postgres://bot:%@host/head', /encodes nothing|must be a URL/],
    ['postgres://bot@/head', /names no host/],
  ])('%s is refused in words', (url, words) => {
    expect(faultOf(url)).toMatch(words);
  });

  it('is never part of what is said about it, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), fc.string({ minLength: 6 }), (secret, rest) => {
        const said = faultOf(`postgres://bot:${secret}@${rest}`);
        expect(said.includes(secret) && secret.trim().length > 5).toBe(false);
      }),
    );
  });
});
