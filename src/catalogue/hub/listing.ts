import { z } from 'zod';
import { CatalogueError } from '../errors.ts';
import type { HubTransport } from './transport.ts';
import type { HubFile, HubListing, HubName } from './types.ts';

const MAX_FILES = 20_000;
const path = z.string().min(1).max(1024);
const bytes = z
  .number()
  .int()
  .min(0)
  .max(2 ** 50);

const huggingFace = z.object({
  siblings: z
    .array(z.object({ rfilename: path, size: bytes.nullish() }))
    .max(MAX_FILES)
    .nullish(),
  pipeline_tag: z.string().max(100).nullish(),
  gated: z.union([z.boolean(), z.string().max(20)]).nullish(),
  private: z.boolean().nullish(),
});

const modelScope = z.object({
  Data: z
    .object({
      Files: z
        .array(z.object({ Path: path, Size: bytes.nullish(), Type: z.string().max(20).nullish() }))
        .max(MAX_FILES),
    })
    .nullish(),
});

const modelScopeModel = z.object({
  Data: z
    .object({
      Tasks: z
        .array(z.object({ Name: z.string().max(100).nullish() }))
        .max(50)
        .nullish(),
    })
    .nullish(),
});

/** Paths that would lead out of a repository are no files of it. */
function isPlain(file: string): boolean {
  return !file.startsWith('/') && !file.split('/').includes('..');
}

function invalid(transport: HubTransport): CatalogueError {
  return new CatalogueError('registry-answer-invalid', { host: transport.endpoint.host, what: 'repository' });
}

/**
 * The files of a repository with their sizes.
 * @throws CatalogueError `registry-not-found`, `registry-unauthorized` for what is gated or private, `registry-*`
 */
export async function listRepository(transport: HubTransport, name: HubName): Promise<HubListing> {
  return transport.endpoint.kind === 'huggingface' ? listHuggingFace(transport, name) : listModelScope(transport, name);
}

async function listHuggingFace(transport: HubTransport, { owner, name }: HubName): Promise<HubListing> {
  const answer = await transport.json(`/api/models/${owner}/${name}?blobs=true`).catch((error: unknown) => {
    // The hub says 401 of what is not there to whom it does not know; what is gated can be listed.
    const anonymous = transport.endpoint.token === undefined;
    const absent = error instanceof CatalogueError && error.code === 'registry-unauthorized' && anonymous;
    throw absent ? new CatalogueError('registry-not-found', error.params) : error;
  });
  const parsed = huggingFace.safeParse(answer);
  if (!parsed.success) {
    throw invalid(transport);
  }
  const { siblings, pipeline_tag: task, gated, private: isPrivate } = parsed.data;
  const files = (siblings ?? []).map(({ rfilename, size }): HubFile => ({ path: rfilename, sizeBytes: size ?? 0 }));
  return {
    files: files.filter((file) => isPlain(file.path)),
    task: task ?? undefined,
    restricted: isPrivate === true || (gated !== false && gated !== null && gated !== undefined),
  };
}

async function listModelScope(transport: HubTransport, { owner, name }: HubName): Promise<HubListing> {
  const parsed = modelScope.safeParse(
    await transport.json(`/api/v1/models/${owner}/${name}/repo/files?Revision=master&Recursive=true`),
  );
  if (!parsed.success) {
    throw invalid(transport);
  }
  const files = (parsed.data.Data?.Files ?? [])
    .filter((file) => file.Type !== 'tree' && isPlain(file.Path))
    .map((file): HubFile => ({ path: file.Path, sizeBytes: file.Size ?? 0 }));
  if (files.length === 0) {
    throw new CatalogueError('registry-not-found', { host: transport.endpoint.host });
  }
  const described = modelScopeModel.safeParse(
    await transport.json(`/api/v1/models/${owner}/${name}`).catch(() => undefined),
  );
  const task = described.success ? described.data.Data?.Tasks?.[0]?.Name : undefined;
  return { files, task: task ?? undefined, restricted: false };
}
