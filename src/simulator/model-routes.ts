/** The routes that change which models there are: pull, create, copy, delete. */

import type { ServerResponse } from 'node:http';
import { parseModelName } from '../catalogue/names.ts';
import type { Exchange } from './exchange.ts';
import { readJson, sendJson, sendLine, stringField } from './http.ts';
import { type StoredModel, shownName } from './models.ts';
import { pullModel } from './pull.ts';
import { ServerFailure } from './types.ts';
import { does } from './version-ways.ts';

export async function pull({ parts, request, response, signal }: Exchange): Promise<void> {
  const body = await readJson(request);
  const name = nameField(body);
  const lines = pullModel(parts.store, name, parts.clock, parts.timing.pullBytesPerSecond, signal);
  await sendProgress(response, body.stream !== false, lines);
}

export async function create({ parts, request, response }: Exchange): Promise<void> {
  const body = await readJson(request);
  const name = nameField(body);
  const wanted = does(parts.version(), 'createTakesFields') ? fromFields(body) : fromModelfile(body);
  const base = parts.store.get(wanted.from);
  // Ollama pulls what it does not have
  if (!base) {
    throw new ServerFailure(500, 'pull model manifest: file does not exist');
  }
  const model = parts.store.derive(name, base, wanted.parameters, parts.clock.now());
  parts.store.put(model);
  const lines = [
    ...model.layers.slice(0, -1).map((layer) => ({ status: `using existing layer ${layer.digest}` })),
    { status: `creating new layer ${model.layers.at(-1)!.digest}` },
    { status: 'writing manifest' },
    { status: 'success' },
  ];
  await sendProgress(response, body.stream !== false, lines);
}

interface Derived {
  readonly from: string;
  readonly parameters: StoredModel['parameters'];
}

function fromFields(body: Record<string, unknown>): Derived {
  const from = stringField(body, 'from');
  if (!from) {
    throw new ServerFailure(400, "neither 'from' or 'files' was specified");
  }
  const { parameters, system } = body;
  const given = typeof parameters === 'object' && parameters !== null ? (parameters as StoredModel['parameters']) : {};
  return { from, parameters: typeof system === 'string' ? { ...given, system } : given };
}

/** The lines FROM and PARAMETER of a Modelfile; numbers become numbers. */
function fromModelfile(body: Record<string, unknown>): Derived {
  const text = stringField(body, 'modelfile');
  if (!text) {
    throw new ServerFailure(400, 'path or modelfile are required');
  }
  const from = /^FROM[ \t]+(\S+)[ \t]*$/m.exec(text)?.[1];
  if (from === undefined) {
    throw new ServerFailure(400, 'no FROM line');
  }
  const parameters = Object.fromEntries(
    [...text.matchAll(/^PARAMETER[ \t]+(\w+)[ \t]+(.*)$/gm)].map(([, name, value]) => [
      name!,
      /^-?\d+$/.test(value!) ? Number(value) : value!.replace(/^"(.*)"$/, '$1'),
    ]),
  );
  return { from, parameters };
}

async function sendProgress(
  response: ServerResponse,
  stream: boolean,
  lines: AsyncIterable<unknown> | Iterable<unknown>,
): Promise<void> {
  let last: unknown = {};
  for await (const line of lines) {
    last = line;
    if (stream) {
      sendLine(response, line);
    }
  }
  if (stream) {
    response.end();
  } else {
    sendJson(response, 200, last);
  }
}

export async function copy({ parts, request, response }: Exchange): Promise<void> {
  const body = await readJson(request);
  const source = stringField(body, 'source') ?? '';
  const destination = stringField(body, 'destination') ?? '';
  if (!parseModelName(source).ok) {
    throw new ServerFailure(400, `source "${source}" is invalid`);
  }
  if (!parseModelName(destination).ok) {
    throw new ServerFailure(400, `destination "${destination}" is invalid`);
  }
  const model = parts.store.get(source);
  if (!model) {
    throw new ServerFailure(404, `model "${source}" not found`);
  }
  parts.store.put({ ...model, name: shownName(destination), modifiedAtMs: parts.clock.now() });
  response.writeHead(200).end();
}

export async function remove({ parts, request, response }: Exchange): Promise<void> {
  const body = await readJson(request);
  const name = stringField(body, 'model') || stringField(body, 'name') || '';
  if (!parseModelName(name).ok) {
    throw new ServerFailure(400, `name "${name}" is invalid`);
  }
  if (!parts.store.delete(name)) {
    throw new ServerFailure(404, `model '${name}' not found`);
  }
  response.writeHead(200).end();
}

function nameField(body: Record<string, unknown>): string {
  const name = stringField(body, 'model') || stringField(body, 'name') || '';
  if (!parseModelName(name).ok) {
    throw new ServerFailure(400, 'invalid model name');
  }
  return name;
}
