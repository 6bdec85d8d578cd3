import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

/** One request to a real Ollama and what it answered. */
const recordedSchema = z.object({
  request: z.object({
    method: z.string(),
    path: z.string(),
    body: z.record(z.string(), z.unknown()).nullable(),
  }),
  status: z.number(),
  contentType: z.string().nullable(),
  body: z.unknown().optional(),
  lines: z.array(z.unknown()).optional(),
  text: z.string().optional(),
});
export type Recorded = z.infer<typeof recordedSchema>;

const all = z
  .record(z.string(), z.record(z.string(), recordedSchema))
  .parse(
    JSON.parse(
      gunzipSync(readFileSync(new URL('../recorded/ollama-answers.json.gz', import.meta.url))).toString('utf8'),
    ),
  );

export const RECORDED_VERSIONS = ['0.3.14', '0.5.7', '0.6.5', '0.12.11', '0.24.0', '0.33.0-rc2'] as const;
export type RecordedVersion = (typeof RECORDED_VERSIONS)[number];

/** All answers of a version, by name. */
export function recordedAnswers(version: RecordedVersion): Readonly<Record<string, Recorded>> {
  return all[version]!;
}

/** An answer's text as the server sent it: what was trimmed is left out. */
export function recordedText({ body, lines, text }: Recorded): string {
  if (text !== undefined) {
    return text;
  }
  if (lines !== undefined) {
    return lines
      .filter((line) => !isTrimmed(line))
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
  }
  return JSON.stringify(body, (_key, value) => (Array.isArray(value) ? value.filter((one) => !isTrimmed(one)) : value));
}

function isTrimmed(value: unknown): boolean {
  return (
    (typeof value === 'string' && value.endsWith('trimmed')) ||
    (typeof value === 'object' && value !== null && 'trimmed' in value)
  );
}

/** What Ollama said went wrong; empty where nothing did. */
export function recordedError(recorded: Recorded): string {
  const last = recorded.lines?.at(-1) ?? recorded.body;
  return typeof last === 'object' && last !== null && 'error' in last ? String(last.error) : '';
}
