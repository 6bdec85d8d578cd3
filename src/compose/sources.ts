import { Catalogue } from '../catalogue/catalogue.ts';
import { HubClient } from '../catalogue/hub/hub.ts';
import { RegistryClient } from '../catalogue/registry.ts';
import { DEFAULT_HOSTS } from '../catalogue/registry-http.ts';
import type { Config } from '../settings/config.ts';

/** Registries that everybody has: no address of the owner's network is theirs. */
function isPublicRegistry(host: string): boolean {
  return DEFAULT_HOSTS.manifestHosts.includes(host);
}

/** The catalogue over registries and hubs, as the settings name them. */
export function createSources(
  { hubs, pullHosts }: Pick<Config, 'hubs' | 'pullHosts'>,
  cacheDirectory: string,
): { readonly catalogue: Catalogue; readonly close: () => Promise<void> } {
  const own = (secure: boolean): string[] =>
    hubs.registries.filter((registry) => registry.secure === secure).map(({ host }) => host);
  const registry = new RegistryClient({
    cacheDirectory,
    hosts: {
      manifestHosts: [...DEFAULT_HOSTS.manifestHosts, ...own(true), ...own(false)],
      privateHosts: own(false),
      // What may be pulled from may be asked first whether the model fits; the owner named these hosts too.
      privateSecureHosts: [...own(true), ...pullHosts.hosts.filter((host) => !isPublicRegistry(host))],
      insecureHosts: pullHosts.insecure,
    },
  });
  const hub = new HubClient({
    endpoint: hubs.endpoint ?? undefined,
    token: hubs.token ?? undefined,
    tokenForMirror: hubs.tokenForMirror,
    modelScope: hubs.modelScope ?? undefined,
  });
  return {
    catalogue: new Catalogue({ registry, hub }),
    close: async () => {
      await Promise.all([registry.close(), hub.close()]);
    },
  };
}
