import { PassThrough, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import xterm from '@xterm/headless';

/** A terminal as a person sees it: what is written goes through a real emulator, keys come from `type`. */
export interface FakeTerminal {
  readonly input: PassThrough & { readonly isTTY: true };
  readonly output: Writable & { readonly isTTY: true; readonly columns: number };
  type(keys: string): void;
  /** The lines above and at the cursor, without what lies empty below. */
  screen(): Promise<readonly string[]>;
  /** Everything that was written, as it was written. */
  written(): string;
  /** Waits until the screen shows something. */
  until(shown: RegExp | string): Promise<string>;
}

/** How long a test waits for something to appear, milliseconds; much longer than it ever takes. */
const PATIENCE_MS = 15_000;

export function createFakeTerminal(columns = 80, rows = 200): FakeTerminal {
  const emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  let raw = '';
  const output = Object.assign(
    new Writable({
      decodeStrings: false,
      write: (chunk, _encoding, done) => {
        raw += String(chunk);
        emulator.write(String(chunk), done);
      },
    }),
    { isTTY: true as const, columns, rows },
  );
  const input = Object.assign(new PassThrough(), { isTTY: true as const, setRawMode: () => undefined });
  const screen = async () => {
    await new Promise<void>((resolve) => emulator.write('', resolve));
    const buffer = emulator.buffer.active;
    const lines: string[] = [];
    for (let row = 0; row <= buffer.baseY + buffer.cursorY; row++) {
      lines.push(buffer.getLine(row)?.translateToString(true) ?? '');
    }
    return lines;
  };
  return {
    input,
    output,
    type: (keys) => void input.write(keys),
    screen,
    written: () => raw,
    until: async (shown) => {
      const giveUpAt = Date.now() + PATIENCE_MS;
      for (;;) {
        const text = (await screen()).join('\n');
        if (typeof shown === 'string' ? text.includes(shown) : shown.test(text)) {
          return text;
        }
        if (Date.now() > giveUpAt) {
          throw new Error(`never shown: ${shown}\n${text}`);
        }
        await sleep(5);
      }
    },
  };
}
