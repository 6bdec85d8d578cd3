import { z } from 'zod';
import { API, ENDPOINTS, type Endpoint } from './endpoints.ts';
import { errorSchema } from './schemas.ts';

/** The API in OpenAPI 3.1, from the schemas that it is checked with. */
export function openApi(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of ENDPOINTS) {
    const path = `${API}${endpoint.path}`;
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Headroom: the API of the fit page',
      version: '1',
      description: 'Read-only. Served with PAGE=live. Sizes are bytes, times milliseconds since 1970, contexts tokens.',
    },
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'headroom_session' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

/** A schema without its own heading: it stands inside another document. */
export function bareSchema(schema: z.ZodType, io: 'input' | 'output' = 'output'): Record<string, unknown> {
  const { $schema: _named, ...bare } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return bare;
}

function operation({ name, path, words, query, body, answer, open }: Endpoint): Record<string, unknown> {
  const { properties = {}, required = [] } = bareSchema(query, 'input') as {
    properties?: Record<string, unknown>;
    required?: readonly string[];
  };
  const parameters = [
    ...(path.includes('{server}') ? [{ name: 'server', in: 'path', required: true, schema: { type: 'string' } }] : []),
    ...Object.entries(properties).map(([parameter, schema]) => ({
      name: parameter,
      in: 'query',
      required: required.includes(parameter),
      schema,
    })),
  ];
  const content =
    answer === undefined
      ? { 'text/event-stream': { schema: { type: 'string' } } }
      : { 'application/json': { schema: bareSchema(answer) } };
  return {
    operationId: name,
    description: words,
    ...(open === true ? {} : { security: [{ session: [] }, { token: [] }] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: bareSchema(body, 'input') } } } }),
    responses: {
      '200': { description: 'The answer.', content },
      default: {
        description: 'A failure, as a code.',
        content: { 'application/json': { schema: bareSchema(errorSchema) } },
      },
    },
  };
}
