import { editDistance } from '../base/nearest.ts';
import { displayShortest, parseModelName } from './names.ts';
import { spelledKey } from './spelling.ts';

/** Most candidates that are compared: bounds the time of one answer. */
const MAX_CANDIDATES = 2000;

/**
 * The names most like the one typed, best first: by edit distance of the whole name, names of the same model with another
 * tag before others. Names that have less than half in common are left out.
 */
export function nearestNames(typed: string, candidates: readonly string[], count = 3): string[] {
  const wanted = shape(typed);
  const kind = kindOf(typed);
  const scored: { name: string; score: number }[] = [];
  const seen = new Set<string>();
  for (const candidate of candidates.slice(0, MAX_CANDIDATES)) {
    if (seen.has(candidate)) {
      continue;
    }
    seen.add(candidate);
    // The same name in another spelling is no help, and a model of another kind is another question.
    if (spelledKey(candidate) === spelledKey(typed) || kindOf(candidate) !== kind) {
      continue;
    }
    const other = shape(candidate);
    const sameModel = other.model === wanted.model;
    const distance = editDistance(wanted.whole, other.whole);
    const limit = Math.max(2, Math.floor(Math.max(wanted.whole.length, other.whole.length) / 2));
    if (!sameModel && distance > limit && !other.whole.startsWith(wanted.whole)) {
      continue;
    }
    scored.push({ name: candidate, score: distance - (sameModel ? 100 : 0) });
  }
  scored.sort((a, b) => a.score - b.score || a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
  return scored.slice(0, count).map(({ name }) => name);
}

/** What a model takes or gives beside words, as its name tells it; empty for a plain language model. */
function kindOf(name: string): string {
  const words = name.toLowerCase().match(/[a-z]+/g) ?? [];
  return KINDS.filter(([, forms]) => words.some((word) => forms.some((form) => word === form || word.endsWith(form))))
    .map(([kind]) => kind)
    .join(' ');
}

const KINDS: readonly (readonly [kind: string, forms: readonly string[]])[] = [
  ['vision', ['vl', 'vision', 'llava', 'bakllava', 'moondream', 'minicpm']],
  ['embedding', ['embed', 'embedding', 'embeddinggemma', 'minilm', 'bge']],
  ['ocr', ['ocr']],
  ['speech', ['asr', 'tts', 'audio', 'omni']],
  ['rank', ['reranker', 'rerank']],
];

/** A name for comparison: lower case, `latest` left out. */
function shape(text: string): { whole: string; model: string } {
  const parsed = parseModelName(text);
  const short = (parsed.ok ? displayShortest(parsed.name) : text.trim()).toLowerCase();
  const whole = short.replace(/:latest$/, '').slice(0, 200);
  return { whole, model: whole.split(':')[0]! };
}
