import { MIB } from '../../base/bytes.ts';
import { createSource, failedReading, type Reading } from '../source.ts';
import type { Clock, GpuError, GpuSource } from '../types.ts';
import { gpuError } from '../values.ts';
import { type Exposition, parseExpositionInSteps, type Sample } from './exposition.ts';
import { EXPORTERS, exporterReading } from './reading.ts';
import { STALE_SECONDS } from './stale.ts';

export interface PrometheusOptions {
  readonly clock?: Clock;
  /** Whole call, ms. Default 5,000. */
  readonly timeoutMs?: number;
}

const LIMIT_BYTES = 2 * MIB;
const QUERY_PATH = /\/api\/v1\/query\/?$/;
const METRICS = EXPORTERS.flatMap(({ metrics }) => metrics).join('|');
const AGE_METRICS = EXPORTERS.flatMap(({ ages }) => ages).join('|');

/**
 * Reads `prometheus+http://host:9400/metrics`; `null` when it is no such URL. User and password may stand in it, and
 * behind `#` the machine whose GPUs are meant, where the page has those of several.
 */
export function parsePrometheusUrl(text: string): URL | null {
  const match = /^prometheus\+(https?:\/\/\S+)$/i.exec(text.trim());
  if (!match || !URL.canParse(match[1]!)) {
    return null;
  }
  const url = new URL(match[1]!);
  if (url.hostname === '') {
    return null;
  }
  if (url.pathname === '/' || url.pathname === '') {
    url.pathname = '/metrics';
  }
  return url;
}

/**
 * An exporter's page, or a Prometheus server when the path ends in `/api/v1/query`; there the URL's parameters are
 * label matchers (`?instance=gpu-01:9400`) that narrow the query to one machine.
 */
export function createPrometheusSource(configured: URL, options: PrometheusOptions = {}): GpuSource {
  const clock = options.clock ?? Date.now;
  const timeoutMs = options.timeoutMs ?? 5_000;
  const headers: Record<string, string> = { 'user-agent': 'headroom' };
  const url = new URL(configured);
  if (url.username !== '' || url.password !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  const isQuery = QUERY_PATH.test(url.pathname);
  const node = url.hash.length > 1 ? decodeURIComponent(url.hash.slice(1)) : undefined;
  url.hash = '';

  async function fetchPage(signal: AbortSignal): Promise<Reading> {
    const answer = await get(url, { ...headers, accept: 'text/plain;version=0.0.4' }, signal);
    if ('error' in answer) {
      return failure(answer.error, url.host, clock());
    }
    if (/html/i.test(answer.contentType) || /^\s*</.test(answer.text)) {
      return failure(gpuError('not-metrics', {}, answer.text.slice(0, 200)), url.host, clock());
    }
    return exporterReading(await parseExpositionInSteps(answer.text), { host: url.host, nowMs: clock(), node });
  }

  async function askServer(signal: AbortSignal): Promise<Reading> {
    const matchers = [...url.searchParams].map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const select = (metrics: string): string => `{${[`__name__=~"${metrics}"`, ...matchers].join(',')}}`;
    const [values, ages] = await Promise.all([
      query(select(METRICS), signal),
      // The time in an answer is the evaluation's, not the sample's: the age needs a query of its own.
      query(`max(time() - timestamp(${select(AGE_METRICS)}))`, signal),
    ]);
    if ('code' in values) {
      return failure(values, url.host, clock());
    }
    const reading = exporterReading({ samples: values, badLines: 0 } satisfies Exposition, {
      host: url.host,
      nowMs: clock(),
      node,
    });
    const ageSeconds = 'code' in ages ? 0 : Math.max(0, Math.round(ages[0]?.value ?? 0));
    const takenAtMs = reading.takenAtMs - ageSeconds * 1000;
    if (ageSeconds <= STALE_SECONDS || reading.status === 'failed') {
      return { ...reading, takenAtMs };
    }
    const errors = [...reading.errors, gpuError('exporter-stale', { seconds: ageSeconds })];
    return { ...reading, takenAtMs, errors, status: 'partial' };
  }

  async function query(expression: string, signal: AbortSignal): Promise<readonly Sample[] | GpuError> {
    const target = new URL(url);
    target.search = new URLSearchParams({ query: expression }).toString();
    const answer = await get(target, { ...headers, accept: 'application/json' }, signal, true);
    return 'error' in answer ? answer.error : parseQueryAnswer(answer.text);
  }

  return createSource({
    kind: 'prometheus',
    snapshotKind: 'prometheus',
    host: url.host,
    description: `${url.protocol}//${url.host}${url.pathname}`,
    clock,
    timeoutMs: timeoutMs + 1_000,
    reader: (signal) => {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      return isQuery ? askServer(bounded) : fetchPage(bounded);
    },
  });

  function failure(error: GpuError, host: string, takenAtMs: number): Reading {
    return failedReading({ source: 'prometheus', host, takenAtMs }, [
      error.code === 'timeout' ? gpuError('timeout', { seconds: Math.round(timeoutMs / 1000) }) : error,
    ]);
  }
}

/**
 * Reads the answer of `/api/v1/query` (https://prometheus.io/docs/prometheus/latest/querying/api/). `NaN` and
 * infinities are strings there and are left out.
 */
function parseQueryAnswer(text: string): readonly Sample[] | GpuError {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return gpuError('not-json', {}, text.slice(0, 200));
  }
  if (!isRecord(answer)) {
    return gpuError('not-json');
  }
  if (answer.status !== 'success') {
    const type = typeof answer.errorType === 'string' ? answer.errorType.slice(0, 40) : 'unknown';
    return gpuError('query-failed', { type }, typeof answer.error === 'string' ? answer.error : '');
  }
  const data = answer.data;
  if (!isRecord(data) || data.resultType !== 'vector' || !Array.isArray(data.result)) {
    return gpuError('query-failed', { type: 'result' });
  }
  const samples: Sample[] = [];
  for (const row of data.result.slice(0, 50_000) as unknown[]) {
    if (!isRecord(row) || !isRecord(row.metric) || !Array.isArray(row.value)) {
      continue;
    }
    const number = typeof row.value[1] === 'string' && row.value[1] !== '' ? Number(row.value[1]) : Number.NaN;
    if (!Number.isFinite(number)) {
      continue;
    }
    const labels: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [name, value] of Object.entries(row.metric)) {
      if (typeof value === 'string') {
        labels[name] = value;
      }
    }
    samples.push({ name: labels.__name__ ?? '', labels, value: number });
  }
  return samples;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Answer = { readonly text: string; readonly contentType: string } | { readonly error: GpuError };

/** One GET: no redirects (credentials stay here), a byte cap on the decoded text, errors as codes. */
async function get(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  keepErrorBody = false,
): Promise<Answer> {
  try {
    const response = await fetch(url, { headers, signal, redirect: 'manual' });
    const body = await readCapped(response);
    if (body === null) {
      return { error: gpuError('output-too-large', { limitBytes: LIMIT_BYTES }) };
    }
    if (response.status === 401 || response.status === 403) {
      return { error: gpuError('http-unauthorized', { status: response.status }) };
    }
    const isJsonError = keepErrorBody && /json/i.test(response.headers.get('content-type') ?? '');
    if (response.status !== 200 && !isJsonError) {
      return { error: gpuError('http-status', { status: response.status }, body.slice(0, 200)) };
    }
    return { text: body, contentType: response.headers.get('content-type') ?? '' };
  } catch (error) {
    if (signal.aborted) {
      return { error: gpuError('timeout', { seconds: 0 }) };
    }
    return { error: gpuError('http-unreachable', { reason: networkReason(error) }) };
  }
}

async function readCapped(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    // Leaving the loop cancels the stream and so closes the connection.
    if (bytes > LIMIT_BYTES) {
      return null;
    }
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = isRecord(cause) || cause instanceof Error ? (cause as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code.slice(0, 40) : 'network';
}
