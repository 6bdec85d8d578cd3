/**
 * What those who carry a log put around its lines: docker, journald, a cluster, a log store, grep, a chat. Known ones are
 * taken off by name, any other by its shape, which many lines of one paste have in common.
 */

/** Carriers in front of a line; several may stand one behind the other. */
const CARRIERS: readonly RegExp[] = [
  // journald and syslog: `Nov 26 19:42:50 host ollama[123]: `, with an ISO time, a weekday or a zone.
  /^(?:(?:[A-Z][a-z]{2} )?(?:[A-Z][a-z]{2} [ \d]\d|\d{4}-\d\d-\d\d)[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?: [A-Z]{2,5})?) (?<who>[\w.-]{1,64} [\w./-]{1,64})(?:\[\d+\])?: /,
  // syslog of RFC 5424: `<30>1 2026-11-26T19:42:50Z host ollama 123 - - `.
  /^<\d{1,3}>1 \S{10,40} \S{1,64} \S{1,64} \S{1,32} \S{1,32} (?:-|\[[^\]]{0,200}\]) /,
  // docker compose: `ollama-1  | `.
  /^(?<who>[\w./-]{1,64}) +\| /,
  // What a cluster's node keeps: `2026-11-26T19:42:50.123456789Z stderr F `.
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) std(?:out|err) [FP] /,
  // docker and kubectl with timestamps.
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?[\t ]+(?=\S)/,
  // kubectl --prefix: `[pod/ollama-0/ollama] `.
  /^\[(?<who>pod\/[\w./-]{1,200})\] /,
];
/** A quoted message; its wrapped lines are quoted too. */
const QUOTED = /^(?:> ?)+/;
/** Carriers that stand one behind the other at most. */
const MOST_CARRIERS = 4;

/** How lines of Ollama and llama.cpp begin that begin like nothing else. */
const STRONG =
  /(?:^|[\s|:>\])`*])(?=time=\d{4}-\d\d-\d\d|level=(?:DEBUG|INFO|WARN|ERROR)\b|\[GIN\] |(?:llama_\w{3,40}|llm_load_\w{3,40}|load_tensors|print_info|ggml_\w{3,40}|common_\w{3,40}|sched_reserve|load_backend|system_info): |(?:srv|slot|cmn) {2,}\w)/;
/** Longer prefixes nobody writes. */
const MOST_PREFIX = 160;
/** Shapes of prefixes that are taken off at most, and how often each must come. */
const MOST_SHAPES = 4;
const LEAST_LINES = 3;
const LEAST_SHARE = 0.2;

/** Keys under which stores of logs keep the line itself. */
const LINE_KEYS = [
  'log',
  'message',
  'MESSAGE',
  'msg',
  'line',
  '_line',
  'text',
  'textPayload',
  'body',
  'content',
] as const;

/** A line without what was put around it. */
export interface BareLine {
  readonly text: string;
  /** A carrier that goes before every line of a log was taken off: it begins here. */
  readonly begins: boolean;
  /** Whose line it is, where a carrier says so: a host and its program, a container, a pod. */
  readonly who?: string | undefined;
}

/** The line within a JSON object of a log store; `null` where there is none. */
function fromJson(line: string): string | null {
  const open = line.indexOf('{"');
  if (open === -1 || open > MOST_PREFIX || !line.endsWith('}')) {
    return null;
  }
  try {
    const value: unknown = JSON.parse(line.slice(open));
    if (typeof value !== 'object' || value === null) {
      return null;
    }
    for (const key of LINE_KEYS) {
      const text: unknown = Reflect.get(value, key);
      if (typeof text === 'string' && text !== '') {
        return text.replace(/\r?\n$/, '');
      }
    }
  } catch {
    // It only looks like one.
  }
  return null;
}

/** A line in marks of its own: `` `…` ``, `**…**`. */
function unmarked(line: string): string {
  const text = line.trimEnd();
  for (const mark of ['**', '`']) {
    if (text.length > 2 * mark.length && text.startsWith(mark) && text.endsWith(mark) && !text.startsWith('```')) {
      return text.slice(mark.length, -mark.length);
    }
  }
  return line;
}

function withoutCarriers(line: string): BareLine {
  let text = unmarked(line.replace(QUOTED, ''));
  let begins = false;
  let who: string | undefined;
  for (let round = 0; round < MOST_CARRIERS; round++) {
    const carrier = CARRIERS.find((pattern) => pattern.test(text));
    if (carrier === undefined) {
      break;
    }
    who ??= carrier.exec(text)?.groups?.who;
    text = text.replace(carrier, '');
    begins = true;
  }
  return { text, begins, who };
}

/** What stands before the strong beginning of a line; `null` = there is none, or nothing before it. */
function prefixOf(line: string): string | null {
  const found = STRONG.exec(line.slice(0, MOST_PREFIX + 80));
  const end = found === null ? 0 : found.index + found[0].length;
  const prefix = line.slice(0, end);
  return end === 0 || end > MOST_PREFIX || prefix.trim() === '' || /["=]/.test(prefix) ? null : prefix;
}

/** A prefix with its numbers, spaces and names of days and months left open. */
function shapeOf(prefix: string): string {
  return prefix
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\d+/g, '\\d+')
    .replace(/^\s+/, '')
    .replace(/\s+/g, '\\s+')
    .replace(/\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b/g, '[A-Z][a-z]{2}')
    .replace(/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b/g, '[A-Z][a-z]{2}');
}

/** The prefixes that many lines have in common. */
function commonPrefixes(lines: readonly BareLine[]): readonly RegExp[] {
  const counts = new Map<string, number>();
  let strong = 0;
  for (const { text } of lines) {
    if (!STRONG.test(text.slice(0, MOST_PREFIX + 80))) {
      continue;
    }
    strong++;
    const prefix = prefixOf(text);
    if (prefix !== null) {
      const shape = shapeOf(prefix);
      counts.set(shape, (counts.get(shape) ?? 0) + 1);
    }
  }
  return [...counts]
    .filter(([, count]) => count >= LEAST_LINES && count >= strong * LEAST_SHARE)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_SHAPES)
    .map(([shape]) => new RegExp(`^\\s*${shape}`));
}

/** The lines as the program wrote them, where nothing was wrapped. Time is linear in the lines. */
export function withoutWrapping(lines: readonly string[]): readonly BareLine[] {
  const bare = lines.flatMap((line): BareLine[] => {
    const json = line.includes('{"') ? fromJson(line) : null;
    return json === null
      ? [withoutCarriers(line)]
      : json.split(/\r?\n/).map((part) => ({ text: withoutCarriers(part).text, begins: true }));
  });
  const prefixes = commonPrefixes(bare);
  return bare.map(({ text, begins, who }) => {
    const prefix = prefixes.find((pattern) => pattern.test(text));
    if (prefix !== undefined) {
      return { text: text.replace(prefix, ''), begins: true, who };
    }
    // `time=` of a record is like nothing else, so whatever short thing stands before it is none of the log's.
    const record = /^[^"=]{1,120}?(?=time=\d{4}-\d\d-\d\dT\S+ level=)/.exec(text);
    return record === null ? { text, begins, who } : { text: text.slice(record[0].length), begins: true, who };
  });
}

/**
 * The lines of several servers that one paste has between each other, each server's together, in the order in which they
 * come first. A wrapped line goes with the one before it.
 */
export function byServer<T extends BareLine>(lines: readonly T[]): readonly T[] {
  const groups = new Map<string, T[]>();
  const telling = new Set<string>();
  let who = '';
  for (const line of lines) {
    who = line.begins ? (line.who ?? who) : who;
    const group = groups.get(who);
    if (group === undefined) {
      groups.set(who, [line]);
    } else {
      group.push(line);
    }
    if (STRONG.test(line.text.slice(0, MOST_PREFIX))) {
      telling.add(who);
    }
  }
  return telling.size < 2 ? lines : [...groups.values()].flat();
}
