/**
 * In what Ollama's versions answer differently from one another. Each border was seen in recorded answers of real servers
 * (0.3.14, 0.5.7, 0.6.5, 0.12.11, 0.24.0, 0.33.0-rc2; test/recorded) or stands in the source named with it.
 */

import { atLeast, parseVersion } from '../estimator/versions.ts';

const WAYS = {
  /** `create` takes `from` and `parameters`; before, nothing but `modelfile`. */
  createTakesFields: '0.5.5',
  /** `model 'x' not found`; before, `model "x" not found, try pulling it first`. */
  plainNotFound: '0.5.0',
  /** `/api/show` names what it does not find with its tag. */
  showNamesTag: '0.30.0',
  /** `/api/show` lists tensors (server/routes.go, v0.6.1), and capabilities (v0.6.4). */
  showsTensors: '0.6.1',
  showsCapabilities: '0.6.4',
  /** `/api/show` looks into the file, and fails where tensors lie behind its end. */
  showReadsFile: '0.13.0',
  /** `/api/tags` tells parent_model, context_length and capabilities. */
  tagsTellMore: '0.30.0',
  /** `/api/ps` tells the context (api/types.go, v0.10.0). */
  psTellsContext: '0.10.0',
  /** `/api/ps` tells the context as it runs where more was asked for than the model was trained for. */
  psTellsCappedContext: '0.13.0',
  /** A wrong method is a 405; before, a 404. */
  methodNotAllowed: '0.12.0',
  /** A keep_alive below a second is one; before, its whole seconds count, and 0 unloads (server/routes.go, v0.11.6). */
  keepsFractions: '0.11.6',
  /** A file that cannot be loaded is told by the scheduler (`unable to load model`); before, the runner dies of it. */
  refusesBeforeRunner: '0.6.0',
  /** A model that has just been told to leave is still listed for a moment. */
  psListsLeaving: '0.12.0',
} as const;

export type VersionWay = keyof typeof WAYS;

/** Whether a version does it the newer way. */
export function does(version: string, way: VersionWay): boolean {
  return atLeast(parseVersion(version).version, WAYS[way]);
}
