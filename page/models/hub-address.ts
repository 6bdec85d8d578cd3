/** Addresses of hubs as people copy them. */

/** Hosts that may be asked, and how each is asked. */
const HOSTS: Readonly<Record<string, 'huggingface' | 'modelscope'>> = {
  'huggingface.co': 'huggingface',
  'hf.co': 'huggingface',
  'hf-mirror.com': 'huggingface',
  'modelscope.cn': 'modelscope',
  'www.modelscope.cn': 'modelscope',
};

/** A repository, and a file in it where the address names one. */
export interface HubPlace {
  readonly host: string;
  readonly kind: 'huggingface' | 'modelscope';
  readonly owner: string;
  readonly name: string;
  readonly file: string | null;
  readonly quantization: string | null;
}

const PART = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}$/;

/**
 * What an address means: `hf.co/owner/name:Q4_K_M`, an address copied from a browser, the address of a file. null: it
 * names no hub that can be asked.
 */
export function readHubAddress(text: string): HubPlace | null {
  const [, hostText = '', path = ''] =
    /^(?:https:\/\/)?([^/\s]+)\/([^\s?#]+)/.exec(text.normalize('NFKC').trim()) ?? [];
  const host = hostText.toLowerCase();
  const kind = HOSTS[host];
  if (kind === undefined) {
    return null;
  }
  const parts = path.split('/').filter((part) => part !== '');
  if (parts[0] === 'models') {
    parts.shift();
  }
  const [owner = '', tagged = '', verb, , ...rest] = parts;
  const [name = '', quantization = null] = tagged.split(':');
  if (!PART.test(owner) || !PART.test(name) || (quantization !== null && !PART.test(quantization))) {
    return null;
  }
  const file = verb !== undefined && /^(?:blob|resolve|raw)$/.test(verb) ? rest.map(decoded).join('/') : '';
  return {
    host: host === 'hf.co' ? 'huggingface.co' : host === 'www.modelscope.cn' ? 'modelscope.cn' : host,
    kind,
    owner,
    name,
    file: /\.gguf$/i.test(file) && !file.split('/').includes('..') ? file : null,
    quantization,
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
