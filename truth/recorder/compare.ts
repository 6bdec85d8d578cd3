/** What two plans of one configuration differ in, counted by architecture and kind of figure. */

/** Kinds of figures, in the order of the table. */
const KINDS = ['weights', 'cache', 'compute', 'host', "--fit's compute", 'settings', 'failed'] as const;
export type FigureKind = (typeof KINDS)[number];

/** Sizes in one shape, whoever planned them: devices, then all host memory. */
export interface ComparedPlan {
  readonly weights: readonly number[];
  readonly cache: readonly number[];
  readonly compute: readonly number[];
  readonly host: readonly number[];
  /** Absent where nobody recorded it. */
  readonly fitCompute?: readonly number[] | undefined;
  readonly settings: readonly (number | boolean)[];
}

export interface Difference {
  readonly row: string;
  readonly kind: FigureKind;
  readonly text: string;
}

interface Tally {
  rows: number;
  equal: number;
  readonly byKind: Map<FigureKind, number>;
}

/** Collects comparisons. */
export class Comparison {
  readonly #title: string;
  readonly #tallies = new Map<string, Tally>();
  readonly #differences: Difference[] = [];

  constructor(title: string) {
    this.#title = title;
  }

  /** Compares one row; `expected` undefined = the row failed there, `got` a text = it failed here. */
  add(architecture: string, row: string, expected: ComparedPlan, got: ComparedPlan | string): boolean {
    const tally = this.#tallies.get(architecture) ?? { rows: 0, equal: 0, byKind: new Map<FigureKind, number>() };
    this.#tallies.set(architecture, tally);
    tally.rows++;
    const found =
      typeof got === 'string' ? [{ row, kind: 'failed' as const, text: got }] : differences(row, expected, got);
    for (const kind of new Set(found.map((one) => one.kind))) {
      tally.byKind.set(kind, (tally.byKind.get(kind) ?? 0) + 1);
    }
    tally.equal += found.length === 0 ? 1 : 0;
    this.#differences.push(...found);
    return found.length === 0;
  }

  /** Markdown: a table, architectures with differences first, and the first differences of each kind. */
  report(shown = 12): string {
    const tallies = [...this.#tallies].sort(([, a], [, b]) => a.equal - a.rows - (b.equal - b.rows));
    const rows = tallies.reduce((sum, [, tally]) => sum + tally.rows, 0);
    const equal = tallies.reduce((sum, [, tally]) => sum + tally.equal, 0);
    const lines = [`### ${this.#title}`, '', `${equal} of ${rows} rows equal in every figure.`, ''];
    const different = tallies.filter(([, tally]) => tally.equal < tally.rows);
    if (different.length > 0) {
      lines.push(
        `| architecture | rows | equal | ${KINDS.join(' | ')} |`,
        `|---|---|---|${KINDS.map(() => '---|').join('')}`,
      );
      for (const [name, tally] of different) {
        const counts = KINDS.map((kind) => tally.byKind.get(kind) ?? '');
        lines.push(`| ${name} | ${tally.rows} | ${tally.equal} | ${counts.join(' | ')} |`);
      }
      lines.push(
        '',
        ...this.#differences.slice(0, shown).map(({ row, kind, text }) => `- ${row}: ${kind}: ${text}`),
        '',
      );
    }
    return lines.join('\n');
  }
}

function differences(row: string, expected: ComparedPlan, got: ComparedPlan): readonly Difference[] {
  const pairs: readonly (readonly [FigureKind, readonly unknown[] | undefined, readonly unknown[] | undefined])[] = [
    ['weights', expected.weights, got.weights],
    ['cache', expected.cache, got.cache],
    ['compute', expected.compute, got.compute],
    ['host', expected.host, got.host],
    ["--fit's compute", expected.fitCompute, got.fitCompute],
    ['settings', expected.settings, got.settings],
  ];
  return (
    pairs
      // Where one side has no figure for the host, the devices are compared.
      .filter(([, a, b]) => a !== undefined && b !== undefined && a.join() !== b.slice(0, a.length).join())
      .map(([kind, a, b]) => ({ row, kind, text: `${a!.join(', ')} → ${b!.join(', ')}` }))
  );
}
