/** The small change of HTTP: bodies in, JSON out. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { MIB } from '../base/bytes.ts';
import { ServerFailure } from './types.ts';

const MAX_BODY_BYTES = 8 * MIB;

/**
 * Reads a JSON object.
 * @throws ServerFailure 400 with Ollama's text for an empty body, else with the parser's
 */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new ServerFailure(413, 'request body too large');
    }
    chunks.push(chunk);
  }
  if (size === 0) {
    throw new ServerFailure(400, 'missing request body');
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new ServerFailure(400, error instanceof Error ? error.message : 'invalid character');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ServerFailure(400, 'json: cannot unmarshal value into Go value of type map[string]interface {}');
  }
  return body as Record<string, unknown>;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

/** One line of an NDJSON stream; the first one sends the headers. */
export function sendLine(response: ServerResponse, line: unknown): void {
  if (!response.headersSent) {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  }
  response.write(`${JSON.stringify(line)}\n`);
}

/** A text field, or undefined when it is absent. */
export function stringField(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value === 'string') {
    return value;
  }
  throw new ServerFailure(400, `json: cannot unmarshal ${typeof value} into Go struct field .${name} of type string`);
}
