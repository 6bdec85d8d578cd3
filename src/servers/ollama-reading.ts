import { OllamaError } from '../ollama/errors.ts';
import type { OllamaClient, RunningModel } from '../ollama/types.ts';
import { type OllamaVersion, versionWarning } from '../ollama/version.ts';
import type { OllamaDown, OllamaUp, Remark } from './types.ts';

/** What one look at Ollama brought. */
export type OllamaReading =
  | { readonly status: OllamaUp; readonly models: readonly RunningModel[] }
  | { readonly status: Omit<OllamaDown, 'lastVersion'>; readonly models: null };

/** Asks for version and loaded models side by side. Never rejects; bounded by the client's own time-outs. */
export async function readOllama(client: OllamaClient): Promise<OllamaReading> {
  const [version, models] = await Promise.allSettled([client.version(), client.ps()]);
  if (version.status === 'rejected') {
    return { status: downStatus(version.reason), models: null };
  }
  if (models.status === 'rejected') {
    return { status: downStatus(models.reason), models: null };
  }
  return { status: upStatus(version.value), models: models.value };
}

function upStatus(version: OllamaVersion): OllamaUp {
  return { state: 'up', version, versionWarning: versionWarning(version) };
}

/** Sorts a failure into the states that people act on differently. */
function downStatus(error: unknown): Omit<OllamaDown, 'lastVersion'> {
  if (!(error instanceof OllamaError)) {
    return { state: 'error', error: { code: 'internal', params: {} } };
  }
  const remark: Remark = { code: error.code, params: stringParams(error.params) };
  switch (error.code) {
    case 'unreachable':
    case 'bad-host':
      return { state: 'down', error: remark };
    case 'timeout':
      return { state: 'hanging', error: remark };
    case 'unauthorized':
    case 'forbidden':
      return { state: 'unauthorized', error: remark };
    default:
      return { state: 'error', error: remark };
  }
}

function stringParams(params: OllamaError['params']): Remark['params'] {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, typeof value === 'boolean' ? String(value) : value]),
  );
}
