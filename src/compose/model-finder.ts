import { builtinCatalogue } from '../catalogue/builtin.ts';
import { type Catalogue, looksLikePath, specFromPath } from '../catalogue/catalogue.ts';
import { CatalogueError } from '../catalogue/errors.ts';
import { CommandError } from '../chat/command-error.ts';
import type { FoundModel, ModelFinder } from '../servers/asking/models.ts';

/** The catalogue as the commands use it: errors become ones that have words. `files`: for the machine's owner, so paths are read too. */
export function createModelFinder(catalogue: Catalogue, files: boolean): ModelFinder {
  return {
    builtinNames: () => builtinCatalogue().names(),
    findListed: (name) => {
      const listed = builtinCatalogue().lookUp(name);
      return listed === null ? null : { spec: listed.spec, source: 'builtin', warnings: listed.notes };
    },
    find: async (name, server, signal, { restricted = files } = {}): Promise<FoundModel> => {
      try {
        if (files && looksLikePath(name)) {
          return await specFromPath(name);
        }
        return await catalogue.find(name, {
          signal,
          restricted,
          ...(server === null ? {} : { server: server.ollama }),
        });
      } catch (error) {
        throw error instanceof CatalogueError ? withWords(error) : error;
      }
    },
  };
}

function withWords(error: CatalogueError): CommandError {
  if (error.code === 'model-name-invalid') {
    return new CommandError(String(error.params.reason), {});
  }
  if ((error.code === 'model-unknown' || error.code === 'model-unanswered') && error.nearest.length > 0) {
    return new CommandError(`${error.code}-near`, { ...error.params, nearest: error.nearest.join(', ') });
  }
  if (error.code === 'model-not-language') {
    return new CommandError(`model-not-language-${error.params.kind}`, error.params);
  }
  return new CommandError(error.code, error.params);
}
