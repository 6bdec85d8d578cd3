/** Which GGUF files of a repository are meant: by quantization, with all parts of a split model, and the tower beside it. */

import type { HubFile } from './types.ts';

/** Default where no quantization was asked for, the best known first. */
const DEFAULTS = ['Q4_K_M', 'Q4_0', 'MXFP4', 'Q8_0', 'F16', 'BF16'] as const;

const QUANTIZATION = /(?:^|[-._/])((?:UD-)?(?:I?Q\d[A-Z0-9_]*|TQ\d_\d|BF16|F16|FP16|F32|MXFP4(?:_MOE)?))(?=[-._/]|$)/gi;

/** The quantization that a file's name gives, upper case. */
export function quantizationOf(path: string): string | undefined {
  const names = [...path.replace(/\.gguf$/i, '').matchAll(QUANTIZATION)].map(([, name]) => name!.toUpperCase());
  return names.at(-1);
}

export interface ChosenGguf {
  /** The model's file, or all its parts in order. */
  readonly parts: readonly HubFile[];
  readonly quantization: string | undefined;
  readonly projector: HubFile | undefined;
}

function isProjector(path: string): boolean {
  return /mmproj/i.test(path);
}

/** Quantizations that a repository has files of, as their names give them. */
export function offeredQuantizations(files: readonly HubFile[]): readonly string[] {
  const names = ggufFiles(files).flatMap(({ path }) => quantizationOf(path) ?? []);
  return [...new Set(names)];
}

function ggufFiles(files: readonly HubFile[]): readonly HubFile[] {
  return files.filter(({ path }) => /\.gguf$/i.test(path) && !isProjector(path) && !/imatrix/i.test(path));
}

/** The files of the quantization asked for, or of the usual one; undefined where there are none. */
export function chooseGguf(files: readonly HubFile[], quantization: string | undefined): ChosenGguf | undefined {
  const models = ggufFiles(files);
  const wanted = quantization?.toUpperCase();
  const byQuantization = (name: string): HubFile | undefined =>
    models.find(({ path }) => quantizationOf(path) === name);
  const first =
    wanted === undefined
      ? (DEFAULTS.map((name) => byQuantization(name)).find((file) => file !== undefined) ?? models[0])
      : (byQuantization(wanted) ?? models.find(({ path }) => quantizationOf(path) === `UD-${wanted}`));
  if (first === undefined) {
    return undefined;
  }
  const split = /^(.*)-\d{5}-of-(\d{5})\.gguf$/i.exec(first.path);
  const parts =
    split === null
      ? [first]
      : models
          .filter(({ path }) => path.startsWith(`${split[1]}-`) && path.toLowerCase().endsWith(`-of-${split[2]}.gguf`))
          .sort((a, b) => (a.path < b.path ? -1 : 1));
  const towers = files.filter(({ path }) => /\.gguf$/i.test(path) && isProjector(path));
  const projector = towers.find(({ path }) => quantizationOf(path) === 'F16') ?? towers[0];
  return { parts, quantization: quantizationOf(first.path), projector };
}
