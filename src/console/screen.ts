import { clearScreenDown, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { Writable } from 'node:stream';

/**
 * The lines at the bottom of a terminal: what is under way, and the line that is being typed. What is printed goes above
 * them; the line and the cursor in it stay as they are.
 */
export interface Screen {
  print(text: string): void;
  /** One line each, shorter than the terminal is wide. */
  setStatus(lines: readonly string[]): void;
  /** The line is about to be sent: what stands above it goes, so that it does not stay behind in the record. */
  send(): void;
  /** Waits for the next line. */
  prompt(): void;
  /** From now on everything is printed plainly. */
  close(): void;
}

export function createScreen(lines: Interface, output: Writable, promptText: string): Screen {
  let status: readonly string[] = [];
  let open = true;
  let sending = false;

  const apply = () => lines.setPrompt([...(sending ? [] : status), promptText].join('\n'));

  return {
    print(text) {
      if (!open) {
        output.write(text);
        return;
      }
      const { rows } = lines.getCursorPos();
      moveCursor(output, 0, -rows);
      cursorTo(output, 0);
      clearScreenDown(output);
      output.write(text);
      // readline goes up again by the rows that it has its cursor on.
      output.write('\n'.repeat(rows));
      lines.prompt(true);
    },

    setStatus(next) {
      if (!open || (next.length === status.length && next.every((line, index) => line === status[index]))) {
        return;
      }
      status = next;
      apply();
      lines.prompt(true);
    },

    send() {
      if (open && status.length > 0) {
        sending = true;
        apply();
        lines.prompt(true);
      }
    },

    prompt() {
      sending = false;
      apply();
      if (open) {
        lines.prompt();
      }
    },

    close() {
      open = false;
    },
  };
}
