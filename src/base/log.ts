/** One line of the log: what happened, with facts that a program can read beside it. */
export interface LogLine {
  (facts: object, message: string): void;
  (message: string): void;
}

/** The log as every room sees it. Compose makes the real one; nobody else needs to know which library writes it. */
export interface Log {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
  readonly fatal: LogLine;
}
