/**
 * Draws the pictures of docs/setup.md from what `headroom init` and `headroom doctor` really print, against a stand-in for
 * Discord and the simulated machine: `node scripts/setup-pictures.ts`. It wants port 11434, which Enter means, and a
 * monospaced font of the system's.
 */

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCanvas, GlobalFonts } from '@napi-rs/canvas';
import { prepareFonts } from '../src/chat/pictures/paper.ts';
import { builtinCatalogue } from '../src/catalogue/builtin.ts';
import { gtx1070Ti } from '../src/simulator/demo-machine.ts';
import { estimatedPlacement } from '../src/simulator/placement.ts';
import { startSimulator } from '../src/simulator/simulator.ts';
import { DiscordStandIn } from '../test/support/discord-stand-in/index.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'docs', 'setup');
const FONT = ['DejaVu Sans Mono', 'Liberation Mono', 'Noto Sans Mono'].find((name) => GlobalFonts.has(name));

/** What a person types, in order; `hidden` shows as nothing, as in a terminal. */
interface Answer {
  readonly text: string;
  readonly hidden?: boolean;
}

/** Runs the tool with somebody at its prompt, and gives what the terminal shows. */
async function transcript(
  args: readonly string[],
  answers: readonly Answer[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn(process.execPath, [join(ROOT, 'src', 'main.ts'), ...args], {
    cwd,
    env: { LANG: 'en_US.UTF-8', HOME: cwd, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = `$ headroom ${args.join(' ')}\n`;
  const left = [...answers];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    // A prompt is a line that has not ended.
    const answer = /[^\n] $/.test(shown) ? left.shift() : undefined;
    if (answer !== undefined) {
      shown += answer.hidden === true ? '' : answer.text;
      child.stdin.write(`${answer.text}\n`);
    }
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (left.length > 0) {
    throw new Error(`headroom ${args.join(' ')} ended with ${code} and asked less than was answered:\n${shown}`);
  }
  return shown.trimEnd();
}

const COLUMNS = 96;
const CELL = { width: 10, height: 23 };
const SIZE = 16.5;
const MARGIN = 18;

/** Lines as a terminal of that width breaks them. */
function broken(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const cut: string[] = [];
    for (let rest = line; ; rest = rest.slice(COLUMNS)) {
      cut.push(rest.slice(0, COLUMNS));
      if (rest.length <= COLUMNS) {
        return cut;
      }
    }
  });
}

/** A terminal with this text, as PNG. */
async function draw(name: string, text: string): Promise<void> {
  const lines = broken(text);
  const canvas = createCanvas(COLUMNS * CELL.width + 2 * MARGIN, lines.length * CELL.height + 2 * MARGIN);
  const context = canvas.getContext('2d');
  context.fillStyle = '#16191d';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = `${SIZE}px "${FONT}", "Headroom Sans"`;
  context.textBaseline = 'top';
  for (const [row, line] of lines.entries()) {
    const y = MARGIN + row * CELL.height;
    context.fillStyle = line.startsWith('$ ') ? '#8fd3a5' : '#e4e6e8';
    for (const [column, character] of [...line].entries()) {
      context.fillText(character, MARGIN + column * CELL.width, y);
    }
  }
  writeFileSync(join(FOLDER, `${name}.png`), await canvas.encode('png'));
}

/** The part of a text from one line to before another. */
function part(text: string, from: string, to?: string): string {
  const start = text.indexOf(from);
  const end = to === undefined ? text.length : text.indexOf(to, start);
  if (start < 0 || end < 0) {
    throw new Error(`the questions have changed: ${from} … ${to ?? 'end'} is not there:\n${text}`);
  }
  return text.slice(start, end).trimEnd();
}

if (FONT === undefined) {
  throw new Error('no monospaced font is installed, such as DejaVu Sans Mono');
}
prepareFonts();
mkdirSync(FOLDER, { recursive: true });
const home = mkdtempSync(join(tmpdir(), 'headroom-pictures-'));
const discord = await DiscordStandIn.start();
const spec = builtinCatalogue().find('gemma3:12b');
const machine = await startSimulator({
  port: 11_434,
  gpus: [gtx1070Ti(), gtx1070Ti(), gtx1070Ti(), gtx1070Ti()],
  system: { totalBytes: 64 * 2 ** 30, usedBytes: 6 * 2 ** 30 },
  placement: estimatedPlacement(1),
  ollamaVersion: '0.33.0',
  models: spec === null ? [] : [{ spec }],
});
try {
  const smi = join(home, 'nvidia-smi');
  writeFileSync(
    smi,
    `#!/bin/sh\nexec '${process.execPath}' -e '
const asked = process.argv.slice(1).map((arg) => "arg=" + encodeURIComponent(arg)).join("&");
fetch("http://127.0.0.1:11434/simulator/nvidia-smi?" + asked).then((r) => r.json()).then(({ stdout, exitCode }) => {
  process.stdout.write(stdout);
  process.exitCode = exitCode;
});' -- "$@"\n`,
  );
  chmodSync(smi, 0o755);
  const env = { PATH: `${home}:/usr/bin:/bin`, DISCORD_API_URL: discord.apiUrl };
  const answers = [
    { text: discord.token, hidden: true },
    { text: '' },
    { text: '1' },
    { text: '1' },
    { text: '2' },
    { text: '' },
    { text: '' },
    { text: '' },
  ];
  const init = await transcript(['init'], answers, home, env);
  await draw('token', part(init, '$ headroom init', 'Let it into'));
  await draw('invite', part(init, 'Let it into', '  1  GPU operators'));
  await draw('roles', part(init, '  1  GPU operators', 'Where is Ollama'));
  await draw('gpus', part(init, 'Where is Ollama'));
  await draw('doctor', await transcript(['doctor'], [], home, env));
} finally {
  await Promise.all([discord.stop(), machine.close()]);
  rmSync(home, { recursive: true, force: true });
}
