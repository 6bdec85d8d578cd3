/** Where models are read from besides Ollama's registry. */

/** The hubs and registries of one's own. */
export interface HubSettings {
  /** HF_ENDPOINT; null = Hugging Face itself. */
  readonly endpoint: string | null;
  /** HF_TOKEN. */
  readonly token: string | null;
  /** HF_TOKEN_FOR_MIRROR: the token may go to the mirror of HF_ENDPOINT. */
  readonly tokenForMirror: boolean;
  /** MODELSCOPE_ENDPOINT; null = modelscope.cn. */
  readonly modelScope: string | null;
  /** PRIVATE_REGISTRIES: hosts with a port; they may have private addresses. */
  readonly registries: readonly OwnRegistry[];
}

/** A registry in one's own network. */
export interface OwnRegistry {
  /** Lower case, with a port when it is not 443. */
  readonly host: string;
  readonly secure: boolean;
}

/** What reads the variables; a fault is kept there with its name. */
interface VariableReader {
  text(name: string): string | null;
  flag(name: string): boolean | null;
  fault(variable: string, problem: string): null;
}

/** Reads HF_ENDPOINT, HF_TOKEN, HF_TOKEN_FOR_MIRROR, MODELSCOPE_ENDPOINT and PRIVATE_REGISTRIES. */
export function readHubs(reader: VariableReader): HubSettings {
  const token = reader.text('HF_TOKEN');
  if (token !== null && !/^[\x21-\x7e]{1,500}$/.test(token)) {
    reader.fault('HF_TOKEN', 'must be a token without white space');
  }
  return {
    endpoint: readEndpoint(reader, 'HF_ENDPOINT'),
    token,
    tokenForMirror: reader.flag('HF_TOKEN_FOR_MIRROR') ?? false,
    modelScope: readEndpoint(reader, 'MODELSCOPE_ENDPOINT'),
    registries: readRegistries(reader),
  };
}

function readEndpoint(reader: VariableReader, name: string): string | null {
  const text = reader.text(name);
  const url = text === null ? null : URL.parse(text);
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.username === '';
  return text === null || plain
    ? text
    : reader.fault(name, 'must be an http:// or https:// address without a password');
}

function readRegistries(reader: VariableReader): OwnRegistry[] {
  const name = 'PRIVATE_REGISTRIES';
  return (reader.text(name) ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .flatMap((part) => {
      const url = URL.parse(part.includes('://') ? part : `https://${part}`);
      if (url === null || !/^https?:$/.test(url.protocol) || !/^\/?$/.test(url.pathname) || url.username !== '') {
        reader.fault(name, 'must be hosts such as registry.example:5000 or http://registry.example:5000, with commas');
        return [];
      }
      return [{ host: url.host.toLowerCase(), secure: url.protocol === 'https:' }];
    });
}
