import type { UploadedFile } from './limits.ts';

export interface ParsedBody {
  readonly json: Record<string, unknown>;
  readonly files: readonly UploadedFile[];
}

/** Reads a request body as Discord does: JSON, or multipart with `payload_json` and `files[n]`. */
export async function parseBody(contentType: string, raw: Buffer): Promise<ParsedBody> {
  if (raw.length === 0) {
    return { json: {}, files: [] };
  }
  if (!contentType.startsWith('multipart/form-data')) {
    return { json: JSON.parse(raw.toString('utf8')) as Record<string, unknown>, files: [] };
  }
  const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': contentType } }).formData();
  let json: Record<string, unknown> = {};
  const files: UploadedFile[] = [];
  for (const [field, value] of form) {
    if (typeof value === 'string') {
      if (field === 'payload_json') {
        json = JSON.parse(value) as Record<string, unknown>;
      }
      continue;
    }
    files.push({
      field,
      filename: value.name,
      contentType: value.type,
      data: Buffer.from(await value.arrayBuffer()),
    });
  }
  return { json, files };
}
