/**
 * `npm run docs:terminal`: docs/terminal.md, a walk through the terminal chat as tmux shows it, 80 columns wide, on
 * the simulated server of `npm run demo`. It needs tmux. Times and addresses are written alike from one run to the next.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = join(import.meta.dirname, '..');
const PAGE = join(root, 'docs', 'terminal.md');
const COLUMNS = 80;
const ROWS = 50;
/** What is waited for comes within this time, on a busy machine too, milliseconds. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 150;

interface Step {
  readonly says: string;
  /** Typed as it stands; `<Tab>` and the like are keys. */
  readonly keys: readonly string[];
  /** The screen is recorded when it shows this. */
  readonly until: RegExp;
}

const STEPS: readonly Step[] = [
  {
    says: 'Type the beginning of a command or a model, and Tab completes it. The answer begins with the verdict.',
    keys: ['/fi', '<Tab>', 'gemma3:12', '<Tab>', ' ctx:32k', '<Enter>'],
    until: /\[1\] [\s\S]*\n> $/,
  },
  {
    says: 'A slip is answered with what was probably meant, a command that needs one more word with its words.',
    keys: ['/fti gemma3:12b', '<Enter>', '/notify', '<Enter>'],
    until: /\/notify stop[\s\S]*\n> $/,
  },
  {
    says: 'While a load runs, it stands in one line above the line that you type; its button is a letter, and typing goes on.',
    keys: ['/load gemma3:12b ctx:32k', '<Enter>', '/p'],
    until: /⋯ .*\[a\] [\s\S]*\n> \/p$/,
  },
  {
    says: 'When it is done, the answer comes above the line; what you were typing is still there.',
    keys: [],
    until: /✔ gemma3:12b is loaded[\s\S]*\[1\] [\s\S]*\n> \/p$/,
  },
  { says: 'Go on where you were.', keys: ['s', '<Enter>'], until: /\/ps\n[\s\S]*gemma3:12b[\s\S]*\n> $/ },
  { says: 'Who uses the memory, as bars.', keys: ['/vram', '<Enter>'], until: /\/vram\n[\s\S]*GPU 3[\s\S]*\n> $/ },
];

const session = `headroom-walk-${process.pid}`;
const tmux = (...args: readonly string[]) =>
  execFileSync('tmux', ['-L', session, '-f', '/dev/null', ...args], { encoding: 'utf8', cwd: root });

function screen(): string {
  return tmux('capture-pane', '-p', '-S', '-', '-t', session).replace(/\n+$/, '');
}

/** What differs from one run to the next is written alike. */
function steady(text: string): string {
  return text
    .replace(/\b[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d{2} [AP]M/g, 'Jan 1, 2026, 9:41 AM')
    .replace(/\b\d{1,2}:\d{2} [AP]M\b/g, '9:41 AM')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:11434')
    .replace(/\b(?:\d+ (?:s|min) ago|just now)/g, 'just now')
    .replace(/\b4 min 5\d s\b/g, '4 min 58 s');
}

/** The screen when what was written behind `before` shows what is wanted. */
async function waitFor(wanted: RegExp, before = 0): Promise<string> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const text = screen();
    const fresh = text.slice(before);
    // tmux cuts the spaces at the end of a line.
    if (wanted.test(fresh) || wanted.test(`${fresh} `)) {
      return text;
    }
    if (Date.now() > giveUpAt) {
      throw new Error(`never shown: ${wanted}\n${text}`);
    }
    await sleep(LOOK_MS);
  }
}

async function walk(): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), 'headroom-walk-'));
  const sections: string[] = [];
  try {
    const environment = `TERM=screen LANG=en_US.UTF-8 LC_ALL=en_US.UTF-8 TZ=UTC DATA_DIR=${data} HEADROOM_PICTURES=blocks`;
    const command = `env ${environment} ${process.execPath} src/main.ts --demo`;
    tmux('new-session', '-d', '-s', session, '-x', String(COLUMNS), '-y', String(ROWS), command);
    let before = (await waitFor(/\n> $/)).length;
    const greeting = screen().slice(0, before);
    sections.push('```', greeting.replace(/\n+>\s*$/, ''), '```');
    before = greeting.lastIndexOf('\n') + 1;
    for (const { says, keys, until } of STEPS) {
      for (const key of keys) {
        const name = /^<(\w+)>$/.exec(key)?.[1];
        tmux('send-keys', '-t', session, ...(name === undefined ? ['-l', key] : [name]));
        await sleep(name === undefined ? LOOK_MS : 4 * LOOK_MS);
      }
      const shown = await waitFor(until, before);
      sections.push('', says, '', '```', shown.slice(before).replace(/\n+>\s*$/, ''), '```');
      before = shown.lastIndexOf('\n') + 1;
      if (/⋯/.test(shown.slice(before - COLUMNS * 2))) {
        before = shown.lastIndexOf('\n⋯') + 1;
      }
    }
    return sections.join('\n');
  } finally {
    try {
      tmux('kill-server');
    } catch {
      // It ended by itself.
    }
    rmSync(data, { recursive: true, force: true });
  }
}

const HEAD = '<!-- The walk begins; scripts/terminal-walk.ts writes what follows. -->';
const page = readFileSync(PAGE, 'utf8');
const recorded = `${page.slice(0, page.indexOf(HEAD) + HEAD.length)}\n\n${steady(await walk())}\n`;
writeFileSync(PAGE, recorded);
