import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DocumentedVariable {
  readonly name: string;
  /** What .env.example has behind the sign. */
  readonly value: string;
  readonly words: string;
}

interface Section {
  readonly title: string;
  readonly variables: DocumentedVariable[];
}

/** The variables of .env.example, under their headings, each with the words above it. */
export function documentedSettings(root: string): readonly Section[] {
  const sections: Section[] = [{ title: 'First', variables: [] }];
  let words: string[] = [];
  for (const line of readFileSync(join(root, '.env.example'), 'utf8').split('\n')) {
    const heading = /^# --- (.*?) -+$/.exec(line);
    const variable = /^#?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
    if (heading !== null) {
      sections.push({ title: heading[1]!, variables: [] });
      words = [];
    } else if (variable !== null) {
      sections.at(-1)!.variables.push({ name: variable[1]!, value: variable[2]!, words: words.join(' ') });
      words = [];
    } else if (line.startsWith('#')) {
      words.push(line.replace(/^#\s?/, ''));
    } else {
      words = [];
    }
  }
  return sections.filter(({ variables }) => variables.length > 0);
}

/** docs/configuration.md. */
export function configurationPage(root: string): string {
  const parts = documentedSettings(root).map(({ title, variables }) => {
    const rows = variables.map(
      ({ name, value, words }) =>
        `| \`${name}\` | ${value === '' ? '' : `\`${value.replaceAll('|', '\\|')}\``} | ${words.replaceAll('|', '\\|')} |`,
    );
    return `## ${title}\n\n| variable | as in .env.example | |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Configuration\n\nWritten by \`npm run docs\` from .env.example; a test holds that against what the program reads. Settings come from the environment, or from \`.env\` in the folder where Headroom is started; the environment wins. All faults are told at once at start, and no value is ever printed. \`headroom doctor\` tries each.\n\n${parts.join('\n')}`;
}
