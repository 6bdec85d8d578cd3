import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { z } from 'zod';
import { readGibPerGpu } from '../base/gib-per-gpu.ts';
import { LOCALES, type Locale } from '../chat/locale.ts';
import { GPU_SOURCE_EXAMPLES, parseGpuSource } from '../gpus/parse-source.ts';
import { parseOllamaHost } from '../ollama/host.ts';
import { type PostgresAddress, PostgresAddressError, parsePostgresUrl } from '../store/postgres/address.ts';
import { type HubSettings, readHubs } from './hubs.ts';
import { keyFileProblem } from './key-file.ts';
import { type PullHosts, readPullHosts } from './pull-hosts.ts';

/** The server's own settings under Ollama's names, as far as they matter to the estimate. */
export interface ServerEnvironment {
  /** OLLAMA_NUM_PARALLEL; null = the version's default. */
  readonly numParallel: number | null;
  /** OLLAMA_FLASH_ATTENTION; null = unset. */
  readonly flashAttention: boolean | null;
  /** OLLAMA_KV_CACHE_TYPE, lower case; null = unset. */
  readonly kvCacheType: string | null;
  /** OLLAMA_GPU_OVERHEAD, bytes per GPU. */
  readonly gpuOverheadBytes: number;
  /** OLLAMA_SCHED_SPREAD. */
  readonly schedSpread: boolean;
  /** OLLAMA_CONTEXT_LENGTH, tokens; null = unset. */
  readonly contextLength: number | null;
  /** OLLAMA_MAX_LOADED_MODELS; null = unset. */
  readonly maxLoadedModels: number | null;
  /** CUDA_VISIBLE_DEVICES, or its like of ROCm or Vulkan: the GPUs that Ollama may use; null = unset, all of them. */
  readonly visibleDevices: string | null;
  /** HEADROOM_RESERVE: kept free for other programs, bytes, one amount for all GPUs or one each; empty = nothing. */
  readonly reservedBytes: readonly number[];
}

/** One machine that runs Ollama. */
export interface ServerConfig {
  readonly name: string;
  readonly ollamaHost: string;
  readonly apiKey: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Text of GPU_SOURCE; parsed by src/gpus. */
  readonly gpuSource: string;
  /** SSH_KEY_FILE: the private key for a GPU source over ssh; null = what ssh itself finds. */
  readonly sshKeyFile: string | null;
  readonly env: ServerEnvironment;
}

export interface Config {
  readonly discord: {
    readonly token: string | null;
    readonly guildIds: readonly string[];
    readonly apiUrl: string;
    /** The one shard of the gateway that is this process'; null = as many as Discord recommends, all of them here. */
    readonly shard: { readonly id: number; readonly count: number } | null;
  };
  readonly servers: readonly ServerConfig[];
  readonly dataDir: string;
  /** PostgreSQL that several processes share; null = SQLite in DATA_DIR. */
  readonly database: PostgresAddress | null;
  readonly httpPort: number | null;
  /** Address that the port is opened on. */
  readonly httpHost: string;
  /** For figures asked for from other machines; null = they get none. */
  readonly httpToken: string | null;
  /** The fit page on the port: not at all, alone, or with the team's servers. */
  readonly page: PageConfig;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly timeZone: string;
  readonly roles: { readonly operators: readonly string[]; readonly admins: readonly string[] };
  readonly pullHosts: PullHosts;
  readonly hubs: HubSettings;
  /** Largest context that may be asked for by /load, tokens; null = no cap. */
  readonly maxCtx: number | null;
  /** Largest keep-alive for /load as Ollama writes it (`24h`); null = no cap. */
  readonly maxKeepAlive: string | null;
  /** How far ahead a booking may begin, and how long it may be, ms. */
  readonly reservations: { readonly aheadMs: number; readonly lengthMs: number };
  /** Where alerts go; null = nowhere. */
  readonly alertChannelId: string | null;
  /** Language of what the bot says of its own accord: alerts and the digest. */
  readonly locale: Locale;
}

export interface PageConfig {
  readonly mode: (typeof PAGE_MODES)[number];
  /** Opens the live part; null = only this machine itself may look. */
  readonly token: string | null;
  /** Names under which the page is reached beside `localhost` and addresses in numbers, lower case. */
  readonly hosts: readonly string[];
  /** Whether the live part says who holds a model. */
  readonly names: boolean;
}

/** One thing that is wrong with the configuration. It names the variable, never its value. */
export interface ConfigFault {
  readonly variable: string;
  readonly problem: string;
}

/** All faults of the configuration at once. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(faults.map((fault) => `${fault.variable}: ${fault.problem}`).join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

const HOUR_MS = 3_600_000;
/** A year: more is no booking. */
const MAX_RESERVE_HOURS = 8_760;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const PAGE_MODES = ['off', 'fit', 'live'] as const;
const SNOWFLAKE = /^\d{15,21}$/;
const SERVER_NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/;
const KV_TYPES = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'iq4_nl'];
const TRUE_WORDS = ['1', 't', 'true', 'yes', 'on'];
const FALSE_WORDS = ['0', 'f', 'false', 'no', 'off'];

/** What goes into a header as it stands: a line break in it would be told as a fault of the address. */
const KEY = /^[\x21-\x7e]{1,4096}$/;
const HEADER_NAME = /^[A-Za-z0-9-]+$/;
const HEADER_VALUE = /^[\x20-\x7e]{0,4096}$/;

const serversFileSchema = z
  .array(
    z.strictObject({
      name: z.string().regex(SERVER_NAME, 'a name has 1 to 32 of a-z, 0-9, dot, dash, underscore'),
      ollama: z.string().min(1),
      apiKey: z.string().regex(KEY, 'a key has no spaces and no line breaks').optional(),
      headers: z
        .record(z.string().regex(HEADER_NAME), z.string().regex(HEADER_VALUE, 'a header is one line'))
        .optional(),
      gpus: z.string().min(1).default('auto'),
      env: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    }),
  )
  .min(1)
  .max(1_000);

type Environment = Readonly<Record<string, string | undefined>>;

/** Collects faults while it reads variables, so that all of them can be told at once. */
class Reader {
  readonly faults: ConfigFault[] = [];
  readonly environment: Environment;

  constructor(environment: Environment) {
    this.environment = environment;
  }

  text(name: string): string | null {
    const value = this.environment[name]?.trim();
    return value === undefined || value === '' ? null : value;
  }

  fault(variable: string, problem: string): null {
    this.faults.push({ variable, problem });
    return null;
  }

  integer(name: string, min: number, max: number): number | null {
    const value = this.text(name);
    if (value === null) {
      return null;
    }
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) {
      return this.fault(name, `must be a whole number from ${min} to ${max}`);
    }
    return number;
  }

  flag(name: string): boolean | null {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) {
      return null;
    }
    if (TRUE_WORDS.includes(value)) {
      return true;
    }
    if (FALSE_WORDS.includes(value)) {
      return false;
    }
    return this.fault(name, 'must be 1 or 0');
  }

  snowflakes(name: string): string[] {
    const ids = (this.text(name) ?? '')
      .split(',')
      .map((id) => id.trim())
      .filter((id) => id !== '');
    if (ids.some((id) => !SNOWFLAKE.test(id))) {
      this.fault(name, 'must be Discord ids (digits) separated by commas');
    }
    return ids.filter((id) => SNOWFLAKE.test(id));
  }

  url(name: string, protocols: readonly string[]): string | null {
    const value = this.text(name);
    if (value === null) {
      return null;
    }
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      return this.fault(name, `must be a URL beginning with ${protocols.map((p) => `${p}//`).join(' or ')}`);
    }
    return value.replace(/\/+$/, '');
  }
}

function readServerEnvironment(reader: Reader): ServerEnvironment {
  const kvCacheType = reader.text('OLLAMA_KV_CACHE_TYPE')?.toLowerCase() ?? null;
  if (kvCacheType !== null && !KV_TYPES.includes(kvCacheType)) {
    reader.fault('OLLAMA_KV_CACHE_TYPE', `must be one of ${KV_TYPES.join(', ')}`);
  }
  return {
    numParallel: reader.integer('OLLAMA_NUM_PARALLEL', 0, 256) || null,
    flashAttention: reader.flag('OLLAMA_FLASH_ATTENTION'),
    kvCacheType,
    gpuOverheadBytes: reader.integer('OLLAMA_GPU_OVERHEAD', 0, Number.MAX_SAFE_INTEGER) ?? 0,
    schedSpread: reader.flag('OLLAMA_SCHED_SPREAD') ?? false,
    contextLength: reader.integer('OLLAMA_CONTEXT_LENGTH', 0, 100_000_000) || null,
    maxLoadedModels: reader.integer('OLLAMA_MAX_LOADED_MODELS', 0, 1000) || null,
    visibleDevices: readVisibleDevices(reader),
    reservedBytes: readReserve(reader),
  };
}

function readReserve(reader: Reader): readonly number[] {
  const amounts = readGibPerGpu(reader.text('HEADROOM_RESERVE') ?? undefined);
  if (amounts === null) {
    reader.fault(
      'HEADROOM_RESERVE',
      'must be GiB to keep free per GPU: one number, or one for each GPU such as 2,0,4.5',
    );
  }
  return amounts ?? [];
}

/** The variables that say which GPUs Ollama may use, one for each kind of GPU. */
const VISIBLE_DEVICES = ['CUDA_VISIBLE_DEVICES', 'ROCR_VISIBLE_DEVICES', 'GGML_VK_VISIBLE_DEVICES'];

function readVisibleDevices(reader: Reader): string | null {
  let found: string | null = null;
  for (const name of VISIBLE_DEVICES) {
    const text = reader.text(name);
    if (text !== null && !/^[\w-]{1,64}(?:\s*,\s*[\w-]{1,64}){0,127}$/.test(text)) {
      reader.fault(name, 'must be numbers or UUIDs of GPUs with commas between, such as 0,1');
    }
    found ??= text;
  }
  return found;
}

/** The private key for ssh; `~/` is the home folder, as a shell would have it. */
function readKeyFile(reader: Reader): string | null {
  const text = reader.text('SSH_KEY_FILE');
  if (text === null) {
    return null;
  }
  const path = text.startsWith('~/') ? homedir() + text.slice(1) : text;
  const problem = keyFileProblem(path);
  return problem === null ? path : reader.fault('SSH_KEY_FILE', problem);
}

/** A secret that is sent in a header. */
function readKey(reader: Reader, name: string): string | null {
  const text = reader.text(name);
  return text === null || KEY.test(text)
    ? text
    : reader.fault(name, 'must be a key of letters, digits and signs, without spaces or line breaks');
}

/** Whether an address has a % that stands for no character. */
function hasBadEscape(address: string): boolean {
  try {
    decodeURIComponent(address);
    return false;
  } catch {
    return true;
  }
}

/** Looks at a server's two addresses with the parsers that will read them. */
function checkAddresses(
  reader: Reader,
  host: string,
  gpuSource: string,
  variables: readonly [host: string, gpus: string],
): void {
  try {
    parseOllamaHost(host);
  } catch {
    reader.fault(variables[0], 'is no address of Ollama; write http://host:11434');
  }
  if (hasBadEscape(gpuSource)) {
    reader.fault(variables[1], 'has a % that encodes nothing; write %25 for it');
    return;
  }
  try {
    parseGpuSource(gpuSource);
  } catch {
    reader.fault(
      variables[1],
      `must be ${GPU_SOURCE_EXAMPLES.slice(0, -1).join(', ')}, or ${GPU_SOURCE_EXAMPLES.at(-1)}`,
    );
  }
}

function readHeaders(reader: Reader): Record<string, string> {
  const text = reader.text('OLLAMA_HEADERS');
  if (text === null) {
    return {};
  }
  try {
    const parsed = z.record(z.string().regex(HEADER_NAME), z.string().regex(HEADER_VALUE)).safeParse(JSON.parse(text));
    if (parsed.success) {
      return parsed.data;
    }
  } catch {
    // Told below in the same words as JSON of the wrong shape.
  }
  reader.fault('OLLAMA_HEADERS', 'must be a JSON object of strings of one line each, such as {"X-Team":"vision"}');
  return {};
}

function readServersFile(reader: Reader, path: string): ServerConfig[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'not valid JSON';
    reader.fault('SERVERS_FILE', `cannot be read (${code})`);
    return [];
  }
  const parsed = serversFileSchema.safeParse(json);
  if (!parsed.success) {
    for (const issue of parsed.error.issues.slice(0, 10)) {
      reader.fault('SERVERS_FILE', `${issue.path.join('.') || 'top level'}: ${issue.message}`);
    }
    return [];
  }
  const names = parsed.data.map((server) => server.name);
  if (new Set(names).size !== names.length) {
    reader.fault('SERVERS_FILE', 'two servers have the same name');
  }
  const sharedKeyFile = readKeyFile(reader);
  return parsed.data.map((server) => {
    const environment = Object.fromEntries(Object.entries(server.env).map(([key, value]) => [key, String(value)]));
    const inner = new Reader(environment);
    const env = readServerEnvironment(inner);
    checkAddresses(inner, server.ollama, server.gpus, ['ollama', 'gpus']);
    const keyFile = readKeyFile(inner);
    for (const fault of inner.faults) {
      reader.fault('SERVERS_FILE', `${server.name}: ${fault.variable} ${fault.problem}`);
    }
    return {
      name: server.name,
      ollamaHost: server.ollama,
      apiKey: server.apiKey ?? null,
      headers: server.headers ?? {},
      gpuSource: server.gpus,
      sshKeyFile: keyFile ?? sharedKeyFile,
      env,
    };
  });
}

function readTimeZone(reader: Reader): string {
  const zone = reader.text('TZ') ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    reader.fault('TZ', 'is not a known time zone; use a name such as Europe/Berlin');
    return 'UTC';
  }
}

/** The address to listen on. There is no password, so only this machine is served unless somebody says otherwise. */
function readHttpHost(reader: Reader): string {
  const host = reader.text('HTTP_HOST') ?? '127.0.0.1';
  if (isIP(host) === 0 && host !== 'localhost') {
    reader.fault('HTTP_HOST', 'must be an IP address such as 0.0.0.0');
  }
  return host;
}

/** A token that is short could be guessed. */
function readToken(reader: Reader, name: 'HTTP_TOKEN' | 'PAGE_TOKEN'): string | null {
  const token = reader.text(name);
  if (token !== null && !/^[\x21-\x7e]{16,256}$/.test(token)) {
    reader.fault(name, 'must be 16 to 256 printable characters without spaces');
  }
  return token;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

/** The page; what it shows of servers is for nobody on a network without a token. */
function readPage(reader: Reader): PageConfig {
  const text = reader.text('PAGE')?.toLowerCase() ?? 'off';
  const mode = PAGE_MODES.find((known) => known === text);
  if (mode === undefined) {
    reader.fault('PAGE', `must be one of ${PAGE_MODES.join(', ')}`);
  }
  const token = readToken(reader, 'PAGE_TOKEN');
  const hosts = (reader.text('PAGE_HOSTS') ?? '')
    .split(',')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '');
  if (hosts.some((host) => !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(host))) {
    reader.fault('PAGE_HOSTS', 'must be names such as gpu.example.org, separated by commas, without port');
  }
  const names = reader.flag('PAGE_NAMES') ?? false;
  if (mode !== undefined && mode !== 'off' && reader.text('HTTP_PORT') === null) {
    reader.fault('PAGE', 'is served on HTTP_PORT; set that as well');
  }
  const host = reader.text('HTTP_HOST') ?? '127.0.0.1';
  if (mode === 'live' && token === null && !LOOPBACK.test(host)) {
    reader.fault('PAGE_TOKEN', 'must be set where PAGE=live is served on another address than 127.0.0.1 (HTTP_HOST)');
  }
  return { mode: mode ?? 'off', token, hosts, names };
}

function readLocale(reader: Reader): Locale {
  const text = reader.text('BOT_LANGUAGE');
  const locale = LOCALES.find((known) => known.toLowerCase() === (text ?? 'en').toLowerCase());
  if (locale === undefined) {
    reader.fault('BOT_LANGUAGE', `must be one of ${LOCALES.join(', ')}`);
  }
  return locale ?? 'en';
}

/** Several processes share PostgreSQL; what version 0.1.0 shared in Redis is there now. */
function readDatabase(reader: Reader): PostgresAddress | null {
  if (reader.text('REDIS_URL') !== null) {
    reader.fault(
      'REDIS_URL',
      'is not read any more: several processes share PostgreSQL now. Unset it and set DATABASE_URL=postgres://user:password@host:5432/database',
    );
  }
  const url = reader.text('DATABASE_URL');
  if (url === null) {
    return null;
  }
  try {
    return parsePostgresUrl(url);
  } catch (error) {
    if (!(error instanceof PostgresAddressError)) {
      throw error;
    }
    return reader.fault('DATABASE_URL', error.message);
  }
}

/** Which part of the gateway this process takes: all of it, or one of several by number. */
function readShards(reader: Reader): Config['discord']['shard'] {
  const count = reader.integer('SHARD_COUNT', 1, 1_000);
  const id = reader.integer('SHARD_ID', 0, 999);
  if (count === null && id === null) {
    return null;
  }
  if (count === null || id === null || id >= count) {
    reader.fault('SHARD_ID', 'and SHARD_COUNT are set together: each process has a number from 0 to SHARD_COUNT - 1');
    return null;
  }
  return { id, count };
}

/**
 * Reads the whole configuration from environment variables (documented in .env.example).
 * @throws ConfigError with every fault; no value is ever part of it.
 */
export function readConfig(environment: Environment): Config {
  const reader = new Reader(environment);
  const serversFile = reader.text('SERVERS_FILE');
  const servers: ServerConfig[] =
    serversFile !== null
      ? readServersFile(reader, serversFile)
      : [
          {
            name: 'main',
            ollamaHost: reader.text('OLLAMA_HOST') ?? 'http://127.0.0.1:11434',
            apiKey: readKey(reader, 'OLLAMA_API_KEY'),
            headers: readHeaders(reader),
            gpuSource: reader.text('GPU_SOURCE') ?? 'auto',
            sshKeyFile: readKeyFile(reader),
            env: readServerEnvironment(reader),
          },
        ];
  const main = servers[0];
  if (serversFile === null && main !== undefined) {
    checkAddresses(reader, main.ollamaHost, main.gpuSource, ['OLLAMA_HOST', 'GPU_SOURCE']);
  }
  const logLevel = LOG_LEVELS.find((level) => level === (reader.text('LOG_LEVEL')?.toLowerCase() ?? 'info'));
  if (logLevel === undefined) {
    reader.fault('LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}`);
  }
  const alertChannels = reader.snowflakes('ALERT_CHANNEL_ID');
  const maxKeepAlive = reader.text('MAX_KEEP_ALIVE');
  if (maxKeepAlive !== null && !/^(-?\d+(\.\d+)?|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)$/.test(maxKeepAlive)) {
    reader.fault('MAX_KEEP_ALIVE', 'must be a duration such as 30m or 24h');
  }
  const config: Config = {
    discord: {
      token: readKey(reader, 'DISCORD_TOKEN'),
      guildIds: reader.snowflakes('DISCORD_GUILD_IDS'),
      apiUrl: reader.url('DISCORD_API_URL', ['https:', 'http:']) ?? 'https://discord.com/api',
      shard: readShards(reader),
    },
    servers,
    dataDir: reader.text('DATA_DIR') ?? './data',
    database: readDatabase(reader),
    httpPort: reader.integer('HTTP_PORT', 0, 65535),
    httpHost: readHttpHost(reader),
    httpToken: readToken(reader, 'HTTP_TOKEN'),
    page: readPage(reader),
    logLevel: logLevel ?? 'info',
    timeZone: readTimeZone(reader),
    roles: { operators: reader.snowflakes('OPERATOR_ROLES'), admins: reader.snowflakes('ADMIN_ROLES') },
    pullHosts: readPullHosts(reader),
    hubs: readHubs(reader),
    maxCtx: reader.integer('MAX_CTX', 1, 100_000_000),
    maxKeepAlive,
    reservations: {
      aheadMs: (reader.integer('RESERVE_AHEAD_HOURS', 0, MAX_RESERVE_HOURS) ?? 24) * HOUR_MS,
      lengthMs: (reader.integer('RESERVE_MAX_HOURS', 1, MAX_RESERVE_HOURS) ?? 12) * HOUR_MS,
    },
    alertChannelId: alertChannels[0] ?? null,
    locale: readLocale(reader),
  };
  if (reader.faults.length > 0) {
    throw new ConfigError(reader.faults);
  }
  return config;
}

/**
 * The hubs alone, for whoever asks no server.
 * @throws ConfigError
 */
export function readHubConfig(environment: Environment): Pick<Config, 'hubs' | 'pullHosts'> {
  const reader = new Reader(environment);
  const read = { hubs: readHubs(reader), pullHosts: readPullHosts(reader) };
  if (reader.faults.length > 0) {
    throw new ConfigError(reader.faults);
  }
  return read;
}
