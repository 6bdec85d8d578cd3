import { accessPage } from './access.ts';
import { apiPage, apiSchema } from './api.ts';
import { codesPage } from './codes.ts';
import { commandsPage } from './commands.ts';
import { configurationPage } from './configuration.ts';
import { estimateSchema } from './estimate-schema.ts';
import { ollamaVersionsPage } from './ollama-versions.ts';
import { reliabilityPage } from './reliability.ts';

/** Pages that are written from the code, by their paths. */
export function generatedPages(root: string): readonly (readonly [path: string, text: string])[] {
  return [
    ['docs/access.md', accessPage()],
    ['docs/api.md', apiPage()],
    ['docs/api.openapi.json', apiSchema()],
    ['docs/codes.md', codesPage()],
    ['docs/commands.md', commandsPage()],
    ['docs/configuration.md', configurationPage(root)],
    ['docs/ollama-versions.md', ollamaVersionsPage()],
    ['docs/reliability.md', reliabilityPage()],
    ['docs/estimate.schema.json', estimateSchema()],
  ];
}
