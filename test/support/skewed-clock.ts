/** Loaded before a program (`--import`): its host's clock is wrong by CLOCK_SKEW_MS, as everything that asks for the time sees. */
const skewMs = Number(process.env.CLOCK_SKEW_MS ?? 0);
const Real = Date;

class SkewedDate extends Real {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) {
      super(Real.now() + skewMs);
    } else {
      super(...args);
    }
  }

  static override now(): number {
    return Real.now() + skewMs;
  }
}

globalThis.Date = SkewedDate as DateConstructor;
