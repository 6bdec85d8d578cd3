/** The page's API as a table: what is served is what is documented (docs/api.md, docs/api.openapi.json). */

import type { z } from 'zod';
import {
  fitQuerySchema,
  fitSchema,
  historyQuerySchema,
  historySchema,
  loginSchema,
  modelsSchema,
  noQuerySchema,
  sessionSchema,
  specQuerySchema,
  specSchema,
  stateSchema,
} from './schemas.ts';

export const API = '/api/v1';

export interface Endpoint {
  readonly name: EndpointName;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below {@link API}; `{server}` stands for a server's name. */
  readonly path: string;
  readonly words: string;
  readonly query: z.ZodObject;
  readonly body?: z.ZodType;
  /** Absent: a stream of events. */
  readonly answer?: z.ZodType;
  /** Anybody may ask, logged in or not. */
  readonly open?: true;
}

export type EndpointName = 'session' | 'login' | 'logout' | 'state' | 'events' | 'history' | 'models' | 'fit' | 'spec';

export const ENDPOINTS: readonly Endpoint[] = [
  {
    name: 'session',
    method: 'GET',
    path: '/session',
    words: 'Whether this browser is logged in.',
    query: noQuerySchema,
    answer: sessionSchema,
    open: true,
  },
  {
    name: 'login',
    method: 'POST',
    path: '/session',
    words: 'Logs in with PAGE_TOKEN: sets a cookie that scripts cannot read. Ten failures in five minutes, then 429.',
    query: noQuerySchema,
    body: loginSchema,
    answer: sessionSchema,
    open: true,
  },
  {
    name: 'logout',
    method: 'DELETE',
    path: '/session',
    words: 'Ends the session.',
    query: noQuerySchema,
    answer: sessionSchema,
    open: true,
  },
  {
    name: 'state',
    method: 'GET',
    path: '/state',
    words: 'All servers as last read: GPUs, loaded models with holds, what waits. Nothing is read for it.',
    query: noQuerySchema,
    answer: stateSchema,
  },
  {
    name: 'events',
    method: 'GET',
    path: '/events',
    words:
      'The same as server-sent events named `state`, whenever it changes. 503 when too many are open: ask for the state.',
    query: noQuerySchema,
  },
  {
    name: 'history',
    method: 'GET',
    path: '/servers/{server}/history',
    words: 'Memory in use per GPU over a window that ends now.',
    query: historyQuerySchema,
    answer: historySchema,
  },
  {
    name: 'models',
    method: 'GET',
    path: '/servers/{server}/models',
    words: 'Names of the models that the server has on disk.',
    query: noQuerySchema,
    answer: modelsSchema,
  },
  {
    name: 'fit',
    method: 'GET',
    path: '/servers/{server}/fit',
    words: 'Does it fit there now: the question of /fit, with what is loaded and what loads taught.',
    query: fitQuerySchema,
    answer: fitSchema,
  },
  {
    name: 'spec',
    method: 'GET',
    path: '/servers/{server}/spec',
    words: 'What the estimator needs of a model that the server has.',
    query: specQuerySchema,
    answer: specSchema,
  },
];

/** The endpoint that a request means, with the server's name in its path. */
export function findEndpoint(
  method: string,
  path: string,
): { readonly endpoint: Endpoint; readonly server: string } | 'no-such-path' | 'no-such-method' {
  let known = false;
  for (const endpoint of ENDPOINTS) {
    const pattern = new RegExp(`^${API}${endpoint.path.replace('{server}', '([A-Za-z0-9._-]{1,64})')}$`);
    const match = pattern.exec(path);
    if (match === null) {
      continue;
    }
    known = true;
    if (
      endpoint.method === method ||
      (method === 'HEAD' && endpoint.method === 'GET' && endpoint.answer !== undefined)
    ) {
      return { endpoint, server: match[1] ?? '' };
    }
  }
  return known ? 'no-such-method' : 'no-such-path';
}
