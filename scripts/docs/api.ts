import { API, ENDPOINTS, type Endpoint } from '../../src/web/page/endpoints.ts';
import { bareSchema, openApi } from '../../src/web/page/open-api.ts';

/** docs/api.openapi.json: the API of the fit page for machines. */
export function apiSchema(): string {
  return `${JSON.stringify(openApi(), null, 2)}\n`;
}

/** docs/api.md: the same for people. */
export function apiPage(): string {
  const parts = ENDPOINTS.map((endpoint) =>
    [
      `## ${endpoint.method} ${API}${endpoint.path}`,
      endpoint.words,
      ...(endpoint.open === true ? ['Anybody may ask.'] : []),
      ...fieldTable('Parameters', bareSchema(endpoint.query, 'input')),
      ...(endpoint.body === undefined
        ? []
        : fieldTable('Body (`application/json`)', bareSchema(endpoint.body, 'input'))),
      ...answerOf(endpoint),
    ].join('\n\n'),
  );
  return `# The API of the fit page

Written by \`npm run docs\` from the schemas that the program checks with. With \`PAGE=live\` it is served on HTTP_PORT beside
the page; nothing can be changed by it. Sizes are bytes, times milliseconds since 1970, contexts tokens. The same for
machines: [api.openapi.json](api.openapi.json), served at \`${API}/openapi.json\`.

Scripts send \`Authorization: Bearer <PAGE_TOKEN>\`; without PAGE_TOKEN only this machine itself is answered. Browsers log in
once. A request must name the server by an address in numbers, \`localhost\` or one of PAGE_HOSTS (else 421), and come from
the page itself or from no page (else 403). A failure is \`{"error": {"code", "params"}}\` with a status of 4xx or 5xx; the
codes stand in [codes.md](codes.md).

\`\`\`sh
curl -H "Authorization: Bearer $PAGE_TOKEN" 'http://127.0.0.1:9464${API}/servers/main/fit?model=gemma3:12b&ctx=32768'
\`\`\`

${parts.join('\n\n')}
`;
}

function answerOf({ answer }: Endpoint): readonly string[] {
  return answer === undefined
    ? ['Answer: `text/event-stream`; each event’s data is the answer of `/state`.']
    : fieldTable('Answer', bareSchema(answer));
}

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

function fieldTable(title: string, schema: Schema): readonly string[] {
  const rows = fieldsOf(schema, '');
  return rows.length === 0 ? [] : [`${title}:`, `| field | type | |\n|---|---|---|\n${rows.join('\n')}`];
}

function fieldsOf(schema: Schema, prefix: string): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const inner = [field, ...(field.anyOf ?? [])].find((one) => one.type === 'array' || one.properties !== undefined);
    const isList = inner?.type === 'array';
    const below = isList
      ? fieldsOf(inner.items ?? {}, `${path}[].`)
      : inner === undefined
        ? []
        : fieldsOf(inner, `${path}.`);
    return [`| \`${path}\` | ${typeOf(field)} | ${(field.description ?? '').replaceAll('|', '\\|')} |`, ...below];
  });
}

function typeOf(schema: Schema): string {
  if (schema.anyOf !== undefined) {
    return schema.anyOf.map(typeOf).join(' or ');
  }
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => `\`${value}\``).join(', ');
  }
  if (schema.const !== undefined) {
    return `\`${schema.const}\``;
  }
  return schema.type === 'array' ? `list of ${typeOf(schema.items ?? {})}` : (schema.type ?? 'any');
}
