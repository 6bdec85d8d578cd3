/**
 * A model of a hub, by the beginning of its files (Range requests). Only the host that the person entered is asked, and
 * where that host sends the browser for the file; the page's Content-Security-Policy holds both to the hubs.
 */

import { CodedError } from '../../src/base/coded.ts';
import { type ByteSource, type ModelSpec, specFromSources } from '../../src/gguf/browser.ts';
import type { FoundModel } from './found.ts';
import { type HubPlace, readHubAddress } from './hub-address.ts';
import { loadCatalogue } from './listed.ts';

const TIMEOUT_MS = 20_000;
const MAX_LISTING_BYTES = 8 * 2 ** 20;
/** Most that is read of one file, bytes; headers have 5 to 30 MB. */
const MAX_HEADER_BYTES = 64 * 2 ** 20;
const MAX_FILES = 20_000;
const MAX_PARTS = 40;

/**
 * The model at an address.
 * @throws CodedError `registry-…`, `hub-…`, GgufError
 */
export async function modelFromHub(address: string, signal: AbortSignal): Promise<FoundModel> {
  const place = readHubAddress(address);
  if (place === null) {
    throw new CodedError('hub-address-invalid', { address: address.slice(0, 200) });
  }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    return await read(place, limit);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CodedError) {
      throw error;
    }
    throw new CodedError(limit.aborted ? 'registry-timeout' : 'registry-unreachable', {}, error);
  }
}

async function read(place: HubPlace, signal: AbortSignal): Promise<FoundModel> {
  const { chooseGguf, offeredQuantizations } = await loadCatalogue();
  const files = await list(place, signal);
  const wanted =
    place.file === null ? files : files.filter(({ path }) => isPartOf(path, place.file!) || /mmproj/i.test(path));
  const chosen = chooseGguf(wanted, place.quantization ?? undefined);
  const model = `${place.owner}/${place.name}`;
  if (chosen === undefined) {
    const offered = offeredQuantizations(files);
    throw offered.length > 0
      ? new CodedError('hub-quantization-missing', {
          model,
          quantization: place.quantization ?? '',
          offered: offered.slice(0, 30).join(', '),
        })
      : new CodedError('hub-no-model', { model });
  }
  const source = ({ path, sizeBytes }: { path: string; sizeBytes: number }) =>
    rangedSource(fileUrl(place, path), sizeBytes, signal);
  const spec: ModelSpec = await specFromSources(chosen.parts.slice(0, MAX_PARTS).map(source), {
    name: `${place.kind === 'huggingface' ? 'hf.co' : 'modelscope.cn'}/${model}${chosen.quantization === undefined ? '' : `:${chosen.quantization}`}`,
    ...(chosen.projector === undefined ? {} : { projector: source(chosen.projector) }),
  });
  return { spec, notes: [] };
}

/** The file itself, or the other parts of the split model that it belongs to. */
function isPartOf(path: string, file: string): boolean {
  const stem = (name: string) => name.replace(/-\d{5}-of-(\d{5})\.gguf$/i, '-of-$1.gguf');
  return path === file || stem(path) === stem(file);
}

function fileUrl({ host, kind, owner, name }: HubPlace, path: string): string {
  const escaped = path.split('/').map(encodeURIComponent).join('/');
  const branch = kind === 'huggingface' ? 'main' : 'master';
  return `https://${host}${kind === 'modelscope' ? '/models' : ''}/${owner}/${name}/resolve/${branch}/${escaped}`;
}

interface ListedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

async function list(place: HubPlace, signal: AbortSignal): Promise<readonly ListedFile[]> {
  const { host, kind, owner, name } = place;
  const url =
    kind === 'huggingface'
      ? `https://${host}/api/models/${owner}/${name}?blobs=true`
      : `https://${host}/api/v1/models/${owner}/${name}/repo/files?Revision=master&Recursive=true`;
  const response = await get(url, signal);
  const answer: unknown = JSON.parse(new TextDecoder().decode(await bounded(response, MAX_LISTING_BYTES)));
  const files = kind === 'huggingface' ? at(answer, 'siblings') : at(at(answer, 'Data'), 'Files');
  return (Array.isArray(files) ? files : []).slice(0, MAX_FILES).flatMap((file: unknown) => {
    const path = at(file, kind === 'huggingface' ? 'rfilename' : 'Path');
    const size = at(file, kind === 'huggingface' ? 'size' : 'Size');
    const isPlain = typeof path === 'string' && path.length <= 1024 && !path.split('/').includes('..');
    return isPlain ? [{ path, sizeBytes: typeof size === 'number' && size > 0 ? size : 0 }] : [];
  });
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

async function get(
  url: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const response = await fetch(url, {
    signal,
    headers,
    mode: 'cors',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  });
  if (response.status === 401 || response.status === 403) {
    throw new CodedError('registry-unauthorized');
  }
  if (response.status === 404) {
    throw new CodedError('registry-not-found');
  }
  if (!response.ok) {
    throw new CodedError(response.status === 429 ? 'registry-busy' : 'registry-failed');
  }
  return response;
}

async function bounded(response: Response, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (const reader = response.body!.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new CodedError('registry-answer-too-large');
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.length;
  }
  return whole;
}

/** The beginning of a file on another machine, as fast as it is read, and then cut off. */
function rangedSource(url: string, sizeBytes: number, signal: AbortSignal): ByteSource {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let length = 0;
  return {
    totalBytes: sizeBytes > 0 ? sizeBytes : undefined,
    async next() {
      if (reader === undefined) {
        const most = Math.min(sizeBytes || MAX_HEADER_BYTES, MAX_HEADER_BYTES);
        const response = await get(url, signal, { range: `bytes=0-${most - 1}` });
        reader = response.body!.getReader();
      }
      const { done, value } = await reader.read();
      length += value?.length ?? 0;
      return done || length > MAX_HEADER_BYTES ? null : value;
    },
    async close() {
      await reader?.cancel();
    },
  };
}
