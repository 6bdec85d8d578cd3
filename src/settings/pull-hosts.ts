/** Registries that /pull may fetch from. */

/** Hosts are lower case, with a port when it is not 443. */
export interface PullHosts {
  /** PULL_HOSTS, and those of PULL_INSECURE_HOSTS. */
  readonly hosts: readonly string[];
  /** PULL_INSECURE_HOSTS: asked over https first, over plain http where they do not speak it. */
  readonly insecure: readonly string[];
}

interface VariableReader {
  text(name: string): string | null;
  fault(variable: string, problem: string): null;
}

const DEFAULT = 'registry.ollama.ai,ollama.com';

/** Reads PULL_HOSTS and PULL_INSECURE_HOSTS; a fault is kept there with its name. */
export function readPullHosts(reader: VariableReader): PullHosts {
  const insecure = readHosts(reader, 'PULL_INSECURE_HOSTS', '');
  return { hosts: [...new Set([...readHosts(reader, 'PULL_HOSTS', DEFAULT), ...insecure])], insecure };
}

/** Hosts as people write them: with a scheme, a slash at the end, or the port that https has anyway. */
function readHosts(reader: VariableReader, name: string, otherwise: string): string[] {
  return (reader.text(name) ?? otherwise)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .flatMap((part) => {
      const url = URL.parse(part.includes('://') ? part.replace(/^http:/i, 'https:') : `https://${part}`);
      if (url?.protocol !== 'https:' || url.pathname !== '/' || url.username !== '' || url.search !== '') {
        reader.fault(name, 'must be hosts such as registry.ollama.ai or registry.example:5000, with commas');
        return [];
      }
      return [url.host.toLowerCase()];
    });
}
