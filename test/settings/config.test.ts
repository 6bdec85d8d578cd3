import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConfigError, readConfig } from '../../src/settings/config.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headroom-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function faultsOf(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.faults.map((fault) => fault.variable) : ['not a ConfigError'];
  }
}

describe('the configuration', () => {
  it('needs nothing: one server on this machine, no Discord', () => {
    const config = readConfig({ TZ: 'UTC' });
    expect(config.servers).toMatchObject([{ name: 'main', ollamaHost: 'http://127.0.0.1:11434', gpuSource: 'auto' }]);
    expect(config).toMatchObject({ discord: { token: null }, dataDir: './data', database: null, httpPort: null });
  });

  it('serves the page to a network only behind a token, and only on a port', () => {
    const port = { HTTP_PORT: '9464', TZ: 'UTC' };
    expect(readConfig({ TZ: 'UTC' }).page.mode).toBe('off');
    expect(readConfig({ ...port, PAGE: 'live' }).page).toEqual({ mode: 'live', token: null, hosts: [], names: false });
    expect(readConfig({ ...port, PAGE: 'fit', HTTP_HOST: '0.0.0.0' }).page.mode).toBe('fit');
    expect(faultsOf({ ...port, PAGE: 'live', HTTP_HOST: '0.0.0.0' })).toEqual(['PAGE_TOKEN']);
    expect(faultsOf({ ...port, PAGE: 'live', HTTP_HOST: '0.0.0.0', PAGE_TOKEN: 'short' })).toEqual(['PAGE_TOKEN']);
    expect(faultsOf({ ...port, PAGE: 'live', HTTP_HOST: '0.0.0.0', PAGE_TOKEN: 'long-enough-to-be-one' })).toEqual([]);
    expect(faultsOf({ PAGE: 'fit', TZ: 'UTC' })).toEqual(['PAGE']);
    expect(faultsOf({ ...port, PAGE: 'yes', PAGE_HOSTS: 'http://x/' })).toEqual(['PAGE', 'PAGE_HOSTS']);
  });

  it('names the variable of a key with a line break and of a % that encodes nothing', () => {
    const TZ = 'UTC';
    expect(faultsOf({ TZ, OLLAMA_API_KEY: 'a\nb' })).toEqual(['OLLAMA_API_KEY']);
    expect(faultsOf({ TZ, DISCORD_TOKEN: 'a.b\r\nc' })).toEqual(['DISCORD_TOKEN']);
    expect(faultsOf({ TZ, OLLAMA_HEADERS: '{"X-Team":"a\\nb"}' })).toEqual(['OLLAMA_HEADERS']);
    expect(faultsOf({ TZ, OLLAMA_HOST: 'http://gpu\nbox:11434' })).toEqual(['OLLAMA_HOST']);
    for (const address of ['%zz@host:9400/metrics', 'host:9400/metrics#%', 'a:%E0%A4%A@host:9400/metrics']) {
      expect(faultsOf({ TZ, GPU_SOURCE: `prometheus+http://${address}` })).toEqual(['GPU_SOURCE']);
      expect(() => readConfig({ TZ, GPU_SOURCE: `prometheus+http://${address}` })).toThrow('write %25 for it');
    }
    expect(
      faultsOf({ TZ, OLLAMA_API_KEY: 'sk-1_2=', GPU_SOURCE: 'prometheus+http://a:%25@host:9400/metrics' }),
    ).toEqual([]);
  });

  it('tells all faults at once', () => {
    const faults = faultsOf({
      DISCORD_GUILD_IDS: 'my-server',
      HTTP_PORT: '99999',
      LOG_LEVEL: 'loud',
      OLLAMA_NUM_PARALLEL: 'two',
      OLLAMA_KV_CACHE_TYPE: 'q3',
      OLLAMA_HEADERS: '{not json',
      REDIS_URL: 'redis://127.0.0.1',
      DATABASE_URL: 'http://x',
      SHARD_ID: '3',
      TZ: 'Mars/Olympus',
      MAX_KEEP_ALIVE: 'a while',
      OLLAMA_HOST: 'ftp://somewhere',
      GPU_SOURCE: 'the big one',
    });
    expect(faults.sort()).toEqual([
      'DATABASE_URL',
      'DISCORD_GUILD_IDS',
      'GPU_SOURCE',
      'HTTP_PORT',
      'LOG_LEVEL',
      'MAX_KEEP_ALIVE',
      'OLLAMA_HEADERS',
      'OLLAMA_HOST',
      'OLLAMA_KV_CACHE_TYPE',
      'OLLAMA_NUM_PARALLEL',
      'REDIS_URL',
      'SHARD_ID',
      'TZ',
    ]);
  });

  it('never repeats a value in a fault: it may be a secret in the wrong place', () => {
    const secret = 'hunter2-very-secret';
    try {
      readConfig({
        OLLAMA_HEADERS: secret,
        REDIS_URL: secret,
        DATABASE_URL: `postgres://user:${secret}@db.example.com/${secret}?sslmode=disable`,
        DISCORD_GUILD_IDS: secret,
        HTTP_PORT: secret,
        TZ: secret,
      });
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain(secret);
      expect(JSON.stringify(error)).not.toContain(secret);
    }
  });

  it('says what takes the place of REDIS_URL', () => {
    expect(() => readConfig({ REDIS_URL: 'redis://127.0.0.1' })).toThrow(/DATABASE_URL=postgres:/);
  });

  it('reads the shared database and the part of the gateway that is this process’', () => {
    const config = readConfig({
      DATABASE_URL: 'postgres://bot:pw@127.0.0.1/headroom',
      SHARD_ID: '1',
      SHARD_COUNT: '4',
    });
    expect(config.database).toMatchObject({ host: '127.0.0.1', database: 'headroom', tls: 'off' });
    expect(config.discord.shard).toEqual({ id: 1, count: 4 });
    expect(readConfig({}).discord.shard).toBeNull();
    expect(faultsOf({ SHARD_ID: '4', SHARD_COUNT: '4' })).toEqual(['SHARD_ID']);
    expect(faultsOf({ SHARD_COUNT: '2' })).toEqual(['SHARD_ID']);
  });

  it('reads where models come from', () => {
    expect(readConfig({ TZ: 'UTC' }).hubs).toEqual({
      endpoint: null,
      token: null,
      tokenForMirror: false,
      modelScope: null,
      registries: [],
    });
    const hubs = { HF_ENDPOINT: 'https://mirror.example', PRIVATE_REGISTRIES: 'R.example:5000, http://10.0.0.9' };
    expect(readConfig({ TZ: 'UTC', ...hubs }).hubs).toMatchObject({
      endpoint: 'https://mirror.example',
      registries: [
        { host: 'r.example:5000', secure: true },
        { host: '10.0.0.9', secure: false },
      ],
    });
    const wrong = {
      HF_ENDPOINT: 'https://me:pass@x',
      HF_TOKEN: 'two words',
      MODELSCOPE_ENDPOINT: 'x',
      PRIVATE_REGISTRIES: 'a/b',
    };
    expect(faultsOf(wrong).sort()).toEqual(Object.keys(wrong).sort());
  });

  it('reads several servers, each with its own settings', () => {
    const path = join(folder, 'servers.json');
    writeFileSync(
      path,
      JSON.stringify([
        {
          name: 'big',
          ollama: 'http://10.0.0.5:11434',
          gpus: '2x24GiB',
          env: { OLLAMA_NUM_PARALLEL: 4, OLLAMA_FLASH_ATTENTION: true },
        },
        { name: 'small', ollama: '10.0.0.6', apiKey: 'k' },
      ]),
    );
    const { servers } = readConfig({ SERVERS_FILE: path });
    expect(servers).toMatchObject([
      { name: 'big', gpuSource: '2x24GiB', env: { numParallel: 4, flashAttention: true } },
      { name: 'small', gpuSource: 'auto', apiKey: 'k', env: { numParallel: null } },
    ]);
  });

  it('reads the hosts of /pull with their ports, however they are written', () => {
    const hosts = { PULL_HOSTS: 'Registry.Example:443, https://10.0.0.9:5000/', PULL_INSECURE_HOSTS: 'lan:5001' };
    expect(readConfig(hosts).pullHosts).toEqual({
      hosts: ['registry.example', '10.0.0.9:5000', 'lan:5001'],
      insecure: ['lan:5001'],
    });
    expect(readConfig({}).pullHosts).toEqual({ hosts: ['registry.ollama.ai', 'ollama.com'], insecure: [] });
    expect(faultsOf({ PULL_HOSTS: 'a/b', PULL_INSECURE_HOSTS: 'x y' }).sort()).toEqual([
      'PULL_HOSTS',
      'PULL_INSECURE_HOSTS',
    ]);
  });

  it('takes a private key for ssh, alone or for each server', () => {
    const key = join(folder, 'id_gpubot');
    writeFileSync(key, 'PRIVATE', { mode: 0o600 });
    expect(readConfig({ SSH_KEY_FILE: key }).servers[0]?.sshKeyFile).toBe(key);
    vi.stubEnv('HOME', folder);
    expect(readConfig({ SSH_KEY_FILE: '~/id_gpubot' }).servers[0]?.sshKeyFile).toBe(key);
    vi.unstubAllEnvs();
    expect(readConfig({}).servers[0]?.sshKeyFile).toBeNull();
    const other = join(folder, 'id_other');
    writeFileSync(other, 'PRIVATE', { mode: 0o400 });
    const path = join(folder, 'keys.json');
    writeFileSync(
      path,
      JSON.stringify([
        { name: 'a', ollama: 'x', env: { SSH_KEY_FILE: other } },
        { name: 'b', ollama: 'y' },
      ]),
    );
    const { servers } = readConfig({ SERVERS_FILE: path, SSH_KEY_FILE: key });
    expect(servers.map(({ sshKeyFile }) => sshKeyFile)).toEqual([other, key]);
  });

  it('says why a key cannot be used, which ssh would keep to itself', () => {
    const problemOf = (file: string): string => {
      try {
        readConfig({ SSH_KEY_FILE: file });
        return 'none';
      } catch (error) {
        return error instanceof ConfigError ? error.message : 'not a ConfigError';
      }
    };
    const open = join(folder, 'id_open');
    writeFileSync(open, 'PRIVATE');
    chmodSync(open, 0o644);
    expect(problemOf(open)).toContain('SSH_KEY_FILE: may be read by others');
    expect(problemOf(`${open}.pub`)).toContain('public half');
    expect(problemOf(folder)).toContain('is no file');
    expect(problemOf(join(folder, 'absent'))).toContain('ENOENT');
  });

  it('names what is wrong in the servers file', () => {
    const path = join(folder, 'bad.json');
    writeFileSync(
      path,
      JSON.stringify([
        { name: 'a', ollama: 'x' },
        { name: 'a', ollama: 'y', env: { OLLAMA_NUM_PARALLEL: 'many' } },
      ]),
    );
    expect(faultsOf({ SERVERS_FILE: path })).toEqual(['SERVERS_FILE', 'SERVERS_FILE']);
    expect(faultsOf({ SERVERS_FILE: join(folder, 'absent.json') })).toEqual(['SERVERS_FILE']);
    writeFileSync(path, '{');
    expect(faultsOf({ SERVERS_FILE: path })).toEqual(['SERVERS_FILE']);
  });
});
