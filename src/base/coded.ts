/** Figures and names that fill in a sentence. */
export type Params = Readonly<Record<string, string | number>>;

/** A code and figures: what happened, without words. The edge turns it into a sentence in the reader's language. */
export interface Coded<Code extends string = string> {
  readonly code: Code;
  readonly params: Params;
}

/**
 * A failure as a code and figures. Rooms derive their own error where it matters which room failed; its message is for
 * the log alone, and no path, stack or secret belongs among the figures.
 */
export class CodedError<
  Code extends string = string,
  P extends Readonly<Record<string, unknown>> = Params,
> extends Error {
  override readonly name: string = 'CodedError';
  readonly code: Code;
  readonly params: P;

  constructor(code: Code, params = {} as P, cause?: unknown) {
    super(
      Object.keys(params).length === 0 ? code : `${code} ${JSON.stringify(params)}`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.params = params;
  }
}
