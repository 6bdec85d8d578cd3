/**
 * Model names as Ollama reads them (types/model/name.go, internal/modelref/modelref.go, v0.33.0). A name that parses
 * here follows the grammar; whether its host may be pulled from is for the caller to decide.
 */

export interface ModelName {
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
}

const DEFAULT_HOST = 'registry.ollama.ai';
const DEFAULT_NAMESPACE = 'library';
const DEFAULT_TAG = 'latest';
const MAX_NAME_LENGTH = 200;

const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/;
const NAMESPACE = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/;
const PART = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;

/**
 * Parses a name and fills in the defaults. Stricter than Ollama where Ollama is careless: no scheme (`http://…`), at
 * most 200 characters.
 * @returns `null` when it is no valid name.
 */
export function parseModelName(text: string): ModelName | null {
  const name = text.trim();
  if (name.length === 0 || name.length > MAX_NAME_LENGTH || name.includes('://')) return null;
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  const tag = hasTag ? name.slice(colon + 1) : DEFAULT_TAG;
  const parts = (hasTag ? name.slice(0, colon) : name).split('/');
  if (parts.length > 3) return null;
  const model = parts.at(-1)!;
  const namespace = parts.at(-2) ?? DEFAULT_NAMESPACE;
  const host = parts.at(-3) ?? DEFAULT_HOST;
  if (!HOST.test(host) || !NAMESPACE.test(namespace) || !PART.test(model) || !PART.test(tag)) return null;
  return { host, namespace, model, tag };
}

/** The name as Ollama shows it: host and namespace left out where they are the defaults, the tag always there. */
export function displayName(name: ModelName): string {
  const short = `${name.model}:${name.tag}`;
  if (name.host.toLowerCase() !== DEFAULT_HOST) return `${name.host}/${name.namespace}/${short}`;
  return name.namespace.toLowerCase() === DEFAULT_NAMESPACE ? short : `${name.namespace}/${short}`;
}

/** The shown form of a name, or the text itself where it is no valid name. */
export function normalizeModelName(text: string): string {
  const name = parseModelName(text);
  return name === null ? text.trim() : displayName(name);
}

/** Whether two names mean the same model: defaults filled in, letter case ignored, as Ollama does. */
export function sameModelName(a: string, b: string): boolean {
  return normalizeModelName(a).toLowerCase() === normalizeModelName(b).toLowerCase();
}

/** Whether a name asks for a model that runs at ollama.com: `…:cloud` (also after a tag) or a tag that ends in `-cloud`. */
export function isCloudName(text: string): boolean {
  const name = text.trim().toLowerCase();
  const colon = name.lastIndexOf(':');
  if (colon <= name.lastIndexOf('/')) return false;
  const suffix = name.slice(colon + 1);
  return suffix === 'cloud' || suffix.endsWith('-cloud');
}
