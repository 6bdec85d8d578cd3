import type { Text } from '../../src/chat/text.ts';
import { isMessageKey, type MessageParams, type Translator } from '../../src/chat/translate.ts';
import type { LoadStep } from '../../src/servers/loading/types.ts';

const SIGN: Readonly<Record<LoadStep['state'], string>> = { running: '▸ ', done: '✓ ', failed: '✗ ' };
/** Names among a step's figures: shown as names, since they are untrusted. */
const NAMES: ReadonlySet<string> = new Set(['model', 'models', 'holder', 'alias', 'server']);
/** Retries and restores bring rows; more than this nobody reads. */
const MAX_ROWS = 14;

interface Row {
  readonly step: LoadStep;
  readonly beganAtMs: number;
}

/** The steps of a load as they happen, each one line. */
export class Checklist {
  readonly #rows: Row[] = [];
  readonly #now: () => number;
  /** Whether the load still waits for its turn. */
  waiting = true;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes a step in: a running one is replaced by its end. */
  add(step: LoadStep): void {
    if (step.state === 'running' && (step.name === 'look' || step.name === 'plan')) {
      this.#forget(step.name);
    }
    const last = this.#rows.findLastIndex((row) => row.step.name === step.name && row.step.state === 'running');
    if (step.name === 'wait') {
      this.waiting = step.state === 'running';
      if (last >= 0) {
        this.#rows.splice(last, 1);
      }
      if (step.state === 'running') {
        this.#rows.push({ step, beganAtMs: this.#now() });
      }
      return;
    }
    const beganAtMs = this.#rows[last]?.beganAtMs ?? this.#now();
    const merged = last < 0 ? step : { ...step, params: { ...this.#rows[last]!.step.params, ...step.params } };
    if (last >= 0) {
      this.#rows[last] = { step: merged, beganAtMs };
    } else {
      this.#rows.push({ step: merged, beganAtMs });
    }
  }

  /** What is looked at or worked out anew says nothing any more; a new look brings a new plan. */
  #forget(name: 'look' | 'plan'): void {
    const kept = this.#rows.filter(({ step }) => step.name !== 'plan' && step.name !== name);
    this.#rows.splice(0, this.#rows.length, ...kept);
  }

  /** What was running when the work ended did not succeed. */
  end(): void {
    for (const [index, row] of this.#rows.entries()) {
      if (row.step.state === 'running') {
        this.#rows[index] = { ...row, step: { ...row.step, state: 'failed' } };
      }
    }
  }

  lines(translator: Translator): Text[] {
    return this.#rows.slice(-MAX_ROWS).flatMap(({ step, beganAtMs }) => {
      const plain = `load.step.${step.name}.${step.state}`;
      const key = [`${plain}.${step.params.cause ?? ''}`, plain].find(isMessageKey);
      if (key === undefined || !isMessageKey(key)) {
        return [];
      }
      const params: MessageParams = Object.fromEntries(
        Object.entries(step.params).map(([name, value]) => [name, NAMES.has(name) ? { code: String(value) } : value]),
      );
      const since = { time: beganAtMs, style: 'relative' as const };
      const text = translator.text(key, { ...params, since });
      return [[SIGN[step.state], ...(typeof text === 'string' ? [text] : text)]];
    });
  }
}
