import { messages } from '../../src/chat/messages/index.ts';

const SECTIONS: readonly (readonly [prefix: string, title: string, words: string])[] = [
  ['reason.', 'Reasons', 'Why the verdict is what it is: `reason` of an answer.'],
  ['note.', 'Notes', 'What else is worth knowing: `notes` of an answer, and warnings about a model.'],
  ['error.', 'Errors', 'Why a line, a command or a call was refused: `error.code` of an answer.'],
];
/** Reasons that need no words: the verdict says it all. */
const WORDLESS = ['fits', 'all-on-gpu'];

/** docs/codes.md: every code that an answer may carry, with its sentence. */
export function codesPage(): string {
  const parts = SECTIONS.map(([prefix, title, words]) => {
    const rows = Object.entries(messages)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, message]): [string, string] => [key.slice(prefix.length), message.en]);
    if (prefix === 'reason.') {
      rows.push(...WORDLESS.map((code): [string, string] => [code, 'Everything lies on the GPUs.']));
    }
    const lines = rows
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, sentence]) => `| \`${code}\` | ${sentence.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`);
    return `## ${title}\n\n${words}\n\n| code | what it says |\n|---|---|\n${lines.join('\n')}\n`;
  });
  return `# Codes\n\nWritten by \`npm run docs\` from the message table. Codes are stable; sentences are not. \`{name}\` stands for a figure among the params.\n\n${parts.join('\n')}`;
}
