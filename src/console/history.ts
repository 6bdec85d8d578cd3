import { appendFileSync, chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Lines that are kept. */
export const HISTORY_LINES = 500;
/** Longer lines are pasted, not typed; characters. */
const MAX_LINE = 1_000;
const MAX_FILE_BYTES = HISTORY_LINES * MAX_LINE * 4;
const OWNER_ONLY = 0o600;

/**
 * What looks like a secret: the forms of well-known tokens (Discord, Hugging Face, GitHub, GitLab, OpenAI, AWS), a word that
 * says that one follows, credentials in an address.
 */
const SECRETS = [
  /[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}/,
  /\b(?:hf|ghp|gho|ghs|ghu|ghr|github_pat|glpat|sk|xox[baprs])[_-][\w-]{10,}/,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\b(?:token|secret|password|passwd|api[_-]?key|authorization|bearer)\b\s*[:=\s]\s*\S/i,
  /:\/\/[^\s/@]+@/,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
];
/** Settings whose values are secrets. */
const SECRET_SETTING = /TOKEN|SECRET|PASSWORD|API_KEY|HEADERS|DATABASE_URL/;
/** A shorter value stands in too many lines by chance. */
const SHORTEST_SECRET = 6;

/** Whether a line holds something that must not be written to a file. */
export function holdsSecret(line: string, environment: Readonly<Record<string, string | undefined>>): boolean {
  if (SECRETS.some((pattern) => pattern.test(line))) {
    return true;
  }
  return Object.entries(environment).some(
    ([name, value]) =>
      SECRET_SETTING.test(name) && value !== undefined && value.length >= SHORTEST_SECRET && line.includes(value),
  );
}

/** The lines typed in this and earlier sessions. */
export interface LineHistory {
  /** The newest first, as node:readline takes them. */
  readonly lines: readonly string[];
  /** Keeps a line. A file that cannot be written is no reason to stop typing. */
  add(line: string): void;
}

/**
 * Opens the file in which lines outlive the session: readable by its owner alone, the last {@link HISTORY_LINES}.
 * @param path `null`: nothing is kept
 */
export function openHistory(
  path: string | null,
  environment: Readonly<Record<string, string | undefined>>,
): LineHistory {
  if (path === null) {
    return { lines: [], add: () => undefined };
  }
  const kept = readLines(path);
  let last = kept.at(-1);
  return {
    lines: kept.toReversed(),
    add: (typed) => {
      const line = typed.trim();
      // A space in front keeps a line out, as in a shell.
      if (line === '' || line === last || typed.startsWith(' ') || line.length > MAX_LINE) {
        return;
      }
      if (/[\r\n]/.test(line) || holdsSecret(line, environment)) {
        return;
      }
      last = line;
      try {
        appendFileSync(path, `${line}\n`, { mode: OWNER_ONLY });
      } catch {
        // It is a comfort, not a duty.
      }
    },
  };
}

/** The newest lines of the file, the oldest first; what is beyond the bound is taken out of it. */
function readLines(path: string): string[] {
  try {
    const text = readFileSync(path, 'utf8').slice(-MAX_FILE_BYTES);
    const all = text.split('\n').filter((line) => line !== '' && line.length <= MAX_LINE);
    const lines = all.slice(-HISTORY_LINES);
    if (all.length > HISTORY_LINES) {
      writeFileSync(`${path}.new`, `${lines.join('\n')}\n`, { mode: OWNER_ONLY });
      renameSync(`${path}.new`, path);
    }
    chmodSync(path, OWNER_ONLY);
    return lines;
  } catch {
    return [];
  }
}
