import type { Scene } from './scenes.ts';

/** docs/replies.md: each reply with what was typed. */
export function repliesPage(scenes: readonly Scene[]): string {
  const parts = scenes.map(
    ({ name, typed, about }) =>
      `## \`${typed}\`\n\n${about}\n\n![The reply in both languages on both themes](replies/${name}.webp)\n`,
  );
  return `# Replies

What the bot answers in Discord at a phone's width of 360 points: English and Chinese, on the dark and the light theme.
These are real replies to the simulated server of \`npm run demo\`; \`npm run docs:replies\` draws them anew (it needs
Chromium). [Write a message](contributing/messages.md) has the rules for their words.

${parts.join('\n')}`;
}
