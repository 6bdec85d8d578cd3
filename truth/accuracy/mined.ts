/**
 * How the engines of older Ollama versions do on loads that users reported publicly (truth/mined.jsonl): the formula
 * engine on every printed field, the layout engine on what Ollama reported and llama.cpp reserved.
 */

import { type FormulaScore, scoreFormula } from './mined/formula-score.ts';
import { type Figure, type LayoutScore, type LoadScore, scoreLayout } from './mined/layout-score.ts';

/** The section on public loads, Markdown. `truthDir` holds mined.jsonl and models/. */
export async function minedSection(truthDir: string): Promise<string> {
  return [...formulaPart(await scoreFormula(truthDir)), '', ...layoutPart(await scoreLayout(truthDir)), ''].join('\n');
}

function formulaPart({ lines, unknown }: FormulaScore): string[] {
  const fields = lines.reduce((sum, line) => sum + line.fields, 0);
  const missed = lines.reduce((sum, line) => sum + line.misses.length, 0);
  const whole = lines.filter((line) => line.misses.length === 0).length;
  const rebuilt = lines.filter((line) => line.rebuilt).length;
  return [
    '### Formula engine (Ollama to 0.12.10) on public log lines',
    '',
    `${whole} of ${lines.length} lines in every printed field; ${fields - missed} of ${fields} fields. ` +
      `Free memory is printed to 0.1 GiB only and is scanned inside that window. ${rebuilt} models are rebuilt from public ` +
      'hyper-parameters; where a setting was inferred from the line itself, that is said.',
    '',
    '| model | version | fields | remarks |',
    '|---|---|---|---|',
    ...lines.map(
      (line) =>
        `| ${cell(line.model)} | ${line.version} | ${line.fields - line.misses.length}/${line.fields} | ` +
        `${cell([...line.misses, ...(line.inferred === undefined ? [] : [`inferred: ${line.inferred}`])].join('; '))} |`,
    ),
    '',
    ...unknown.map((text) => `- not scored: ${text}`),
  ];
}

function layoutPart({ loads, unknown }: LayoutScore): string[] {
  return [
    '### Layout engine (Ollama 0.11.11 to 0.24) on public loads',
    '',
    'Errors beyond the rounding of the printed figure (0.05 GiB from 1 GiB on). Figures marked * are left out of the ' +
      'errors: the file loaded was of another quantization, or had a vision tower, or another number of layers was placed. ' +
      'Graphs of Ollama’s own engine are an estimate.',
    '',
    ...summary(loads),
    '',
    '| model | version | layers printed/computed | figures (printed → computed MiB) | remarks |',
    '|---|---|---|---|---|',
    ...loads
      .filter((load) => load.figures.length > 0)
      .map(
        (load) =>
          `| ${cell(load.model)} | ${load.version} | ${load.layers?.join('/') ?? ''} | ` +
          `${load.figures.map(figureText).join('<br>')} | ${cell(load.remarks.join('; '))} |`,
      ),
    '',
    ...unknown.map((text) => `- not scored (model unknown, incomplete or not in the ground truth): ${text}`),
  ];
}

/** Median and worst error by kind of figure, rounding of the printed figure allowed for. */
function summary(loads: readonly LoadScore[]): string[] {
  const groups = new Map<string, number[]>();
  for (const load of loads) {
    for (const figure of load.figures) {
      if (figure.notComparable) {
        continue;
      }
      const what = figure.what.replace(/ (?:CUDA|ROCm)\d+$/, '');
      const errors = groups.get(what) ?? [];
      errors.push(errorBeyondRounding(figure));
      groups.set(what, errors);
    }
  }
  return [
    '| figure | loads | median error | worst |',
    '|---|---|---|---|',
    ...[...groups].map(([what, errors]) => {
      const sorted = [...errors].sort((a, b) => a - b);
      return `| ${what} | ${sorted.length} | ${percent(sorted[Math.floor(sorted.length / 2)]!)} | ${percent(sorted.at(-1)!)} |`;
    }),
  ];
}

function errorBeyondRounding({ printedMib, computedMib }: Figure): number {
  const rounding = printedMib >= 1024 ? 51.2 : 0.05;
  return Math.max(0, Math.abs(computedMib - printedMib) - rounding) / printedMib;
}

function figureText(figure: Figure): string {
  return `${figure.what}: ${figure.printedMib} → ${figure.computedMib.toFixed(1)}${figure.notComparable ? ' *' : ''}`;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
