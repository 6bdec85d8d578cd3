import { DEFAULT_HOST, parseModelName } from '../names.ts';
import { pastedAddress, plainText } from '../spelling.ts';
import type { HubName } from './types.ts';

const PART = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}$/;

/** A name of a hub, with whether the text itself says so. */
export interface HubAddress extends HubName {
  /** The hub was written out; else `owner/name` may be one of Ollama's registry as well. */
  readonly explicit: boolean;
}

/** The repository that a text means: `hf.co/owner/name:Q4_K_M`, an address from a browser, `owner/name`. */
export function hubAddress(text: string): HubAddress | undefined {
  const pasted = pastedAddress(text);
  if (pasted === undefined) {
    const parsed = parseModelName(plainText(text));
    if (!parsed.ok || parsed.name.host !== DEFAULT_HOST || parsed.name.namespace === 'library') {
      return undefined;
    }
    const { namespace, model, tag } = parsed.name;
    return address('huggingface', false, `${namespace}/${model}:${tag}`);
  }
  return pasted.host === 'ollama'
    ? undefined
    : address(pasted.host === 'modelscope' ? 'modelscope' : 'huggingface', true, pasted.path);
}

function address(kind: HubName['kind'], explicit: boolean, path: string): HubAddress | undefined {
  const [, owner, name, tag] = /^([^/:]+)\/([^/:]+)(?::([^/:]+))?$/.exec(path) ?? [];
  if (owner === undefined || name === undefined || ![owner, name, tag ?? 'latest'].every((part) => PART.test(part))) {
    return undefined;
  }
  return { kind, explicit, owner, name, quantization: tag === undefined || tag === 'latest' ? undefined : tag };
}
