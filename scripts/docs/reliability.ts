import { FIGURES } from '../faults/figures.ts';
import { FAULTS } from '../faults/matrix.ts';

/** docs/reliability.md: the fault matrix and the figures that were measured. */
export function reliabilityPage(): string {
  const rows = FAULTS.map(
    ({ part, fault, seen, kept, next, test: [file, title] }) =>
      `| ${part} | ${fault} | ${seen} | ${kept} | ${next} | ${file.replace(/^test\//, '')}: “${title}” |`,
  );
  const figures = FIGURES.map(({ what, figure, target, how }) => `| ${what} | ${figure} | ${target} | \`${how}\` |`);
  return [
    '# What happens when something breaks',
    'Written by `npm run docs` from scripts/faults/matrix.ts. `npm run test:faults` runs every test that is named here (those of PostgreSQL are part of `npm run test:full`); most of them run with `npm test` as well.',
    `| part | fault | what people see | what is kept | what the bot does next | test |\n|---|---|---|---|---|---|\n${rows.join('\n')}`,
    '## Figures',
    'Measured with the bot as `headroom start` runs it, against a local Discord and a simulated GPU server in other processes, all on two shared cores. Where it says so the machine was busy with other work at the time, and the figure is worse than it would be on a machine of its own.',
    `| what | measured | target | how |\n|---|---|---|---|\n${figures.join('\n')}`,
    '',
  ].join('\n\n');
}
