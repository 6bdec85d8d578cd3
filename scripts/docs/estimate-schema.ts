import { z } from 'zod';
import { answerSchema } from '../../src/tool/answer-schema.ts';
import { inputSchema } from '../../src/tool/estimate.ts';

/** docs/estimate.schema.json: a line of `headroom estimate` and its answer. */
export function estimateSchema(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'headroom estimate',
    description: 'JSON lines: one input line in, one answer line out, in order. Sizes are bytes.',
    $defs: {
      input: bare(z.toJSONSchema(inputSchema, { io: 'input', unrepresentable: 'any' })),
      answer: bare(z.toJSONSchema(answerSchema, { unrepresentable: 'any' })),
    },
    anyOf: [{ $ref: '#/$defs/input' }, { $ref: '#/$defs/answer' }],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function bare({ $schema: _named, ...schema }: Record<string, unknown>): Record<string, unknown> {
  return schema;
}
