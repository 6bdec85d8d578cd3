/**
 * Model names as Ollama reads them (types/model/name.go and internal/modelref at v0.33.0-rc2), and the checks that
 * Ollama leaves out: its grammar accepts `file:///etc/passwd` and `169.254.169.254/latest/meta-data`.
 * Nothing here touches a network or a file.
 */

/** Host of names without one. */
export const DEFAULT_HOST = 'registry.ollama.ai';
const DEFAULT_NAMESPACE = 'library';
const DEFAULT_TAG = 'latest';

/** Longest name taken from a person, characters. */
const MAX_NAME_LENGTH = 200;

/** A model name with all its parts. */
export interface ModelName {
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
}

/** Why a text is not a model name. The edge turns the code into words. */
export type NameFault =
  | 'name-empty'
  | 'name-too-long'
  | 'name-has-scheme'
  | 'name-has-control-characters'
  | 'name-not-ascii'
  | 'name-has-digest'
  | 'name-malformed';

export type ParsedName =
  | { readonly ok: true; readonly name: ModelName }
  | { readonly ok: false; readonly code: NameFault };

// First character a letter, a digit or an underscore; lengths as name.go's isValidLen.
const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/;
const NAMESPACE = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/;
const MODEL_OR_TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;

/**
 * Reads a name as a person typed it, with Ollama's defaults filled in (`gemma3` → registry.ollama.ai/library/gemma3:latest).
 * White space around it is ignored; letter case is kept, because registries may care for it.
 */
export function parseModelName(text: string): ParsedName {
  const trimmed = text.trim();
  if (trimmed === '') {
    return fault('name-empty');
  }
  if (trimmed.length > MAX_NAME_LENGTH) {
    return fault('name-too-long');
  }
  if (hasControlCharacter(trimmed)) {
    return fault('name-has-control-characters');
  }
  if (!isAscii(trimmed)) {
    return fault('name-not-ascii');
  }
  if (trimmed.includes('://')) {
    return fault('name-has-scheme');
  }
  if (trimmed.includes('@')) {
    return fault('name-has-digest');
  }

  // The tag is cut at the last colon only when it stands after the last slash: before it, the colon is a port's.
  let rest = trimmed;
  let tag = DEFAULT_TAG;
  const colon = rest.lastIndexOf(':');
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
  }
  const modelCut = rest.lastIndexOf('/');
  const model = rest.slice(modelCut + 1);
  let namespace = DEFAULT_NAMESPACE;
  let host = DEFAULT_HOST;
  if (modelCut >= 0) {
    const before = rest.slice(0, modelCut);
    const namespaceCut = before.lastIndexOf('/');
    namespace = before.slice(namespaceCut + 1);
    if (namespaceCut >= 0) {
      host = before.slice(0, namespaceCut);
    }
  }
  const valid = HOST.test(host) && NAMESPACE.test(namespace) && MODEL_OR_TAG.test(model) && MODEL_OR_TAG.test(tag);
  return valid ? { ok: true, name: { host, namespace, model, tag } } : fault('name-malformed');
}

function fault(code: NameFault): ParsedName {
  return { ok: false, code };
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20 || c === 0x7f) {
      return true;
    }
  }
  return false;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7e) {
      return false;
    }
  }
  return true;
}

/** All four parts: `registry.ollama.ai/library/gemma3:latest`. */
export function fullName(name: ModelName): string {
  return `${name.host}/${name.namespace}/${name.model}:${name.tag}`;
}

/** The short form that Ollama prints (DisplayShortest): default host and namespace left out, the tag always there. */
export function displayShortest(name: ModelName): string {
  if (!equalFold(name.host, DEFAULT_HOST)) {
    return fullName(name);
  }
  const short = `${name.model}:${name.tag}`;
  return equalFold(name.namespace, DEFAULT_NAMESPACE) ? short : `${name.namespace}/${short}`;
}

/** One key for all spellings of a name: Ollama compares its parts without regard to letter case (EqualFold). */
export function nameKey(name: ModelName): string {
  return fullName(name).toLowerCase();
}

/** Whether two names mean the same model. */
export function sameName(a: ModelName, b: ModelName): boolean {
  return nameKey(a) === nameKey(b);
}

function equalFold(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * Whether the name means a model that runs in Ollama's cloud and takes no memory here: tag `cloud`, or a tag that
 * ends in `-cloud` (internal/modelref/modelref.go, parseSourceSuffix). The model part does not count: `x-cloud:7b` is local.
 */
export function isCloudName(name: ModelName): boolean {
  const tag = name.tag.toLowerCase();
  return tag === 'cloud' || tag.endsWith('-cloud');
}

const HUB_HOSTS: ReadonlySet<string> = new Set(['hf.co', 'huggingface.co']);

/** Whether the name means a repository on Hugging Face; its tag is then a quantization such as `Q4_K_M`. */
export function isHubName(name: ModelName): boolean {
  return HUB_HOSTS.has(name.host.toLowerCase());
}
