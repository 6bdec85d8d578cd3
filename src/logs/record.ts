/** One line of a log, taken apart: Ollama's records (`time=… level=… source=… msg=… key=value`), old and new. */

/** A record of Ollama's log. */
export interface LogRecord {
  readonly level: string;
  /** Where Ollama's code wrote it; `null` where the record does not say. */
  readonly source: { readonly file: string; readonly line: number } | null;
  readonly message: string;
  readonly fields: ReadonlyMap<string, string>;
}

const MAX_FIELDS = 400;
/** Before 0.1.33: `2024/01/12 10:00:00 routes.go:930: Listening on …`, from 0.1.21 on with a level before the message. */
const OLD = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d (\w{1,40}\.go):(\d{1,6}): (?:(DEBUG|INFO|WARN|ERROR) )?(.*)$/;
const KEY = /[\w.:-]/;

/** The value that begins at `at`, and where the next field can begin. */
function valueAt(line: string, at: number): readonly [value: string, end: number] {
  if (line[at] !== '"') {
    const space = line.indexOf(' ', at);
    const end = space === -1 ? line.length : space;
    return [line.slice(at, end), end];
  }
  let value = '';
  let from = at + 1;
  let end = from;
  while (end < line.length && line[end] !== '"') {
    if (line[end] === '\\' && end + 1 < line.length) {
      const escaped = line[end + 1]!;
      value += line.slice(from, end) + (escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped);
      end += 2;
      from = end;
    } else {
      end++;
    }
  }
  return [value + line.slice(from, end), Math.min(line.length, end + 1)];
}

/** Fields `key=value` and `"key with spaces"=value` from `at` on; what is no field is passed over. */
function fieldsOf(line: string, start: number): Map<string, string> {
  const fields = new Map<string, string>();
  let at = start;
  while (at < line.length && fields.size < MAX_FIELDS) {
    let key: string;
    if (line[at] === '"') {
      const [quoted, end] = valueAt(line, at);
      key = quoted;
      at = end;
    } else {
      let end = at;
      while (end < line.length && KEY.test(line[end]!)) {
        end++;
      }
      key = line.slice(at, end);
      at = end;
    }
    if (key !== '' && line[at] === '=') {
      const [value, end] = valueAt(line, at + 1);
      if (!fields.has(key)) {
        fields.set(key, value);
      }
      at = end;
    } else {
      const space = line.indexOf(' ', at);
      at = space === -1 ? line.length : space;
    }
    while (line[at] === ' ') {
      at++;
    }
  }
  return fields;
}

/** The record on a line; `null` where the line is none of Ollama's. Linear in the line's length. */
export function readRecord(line: string): LogRecord | null {
  const old = OLD.exec(line.length > 4_000 ? line.slice(0, 4_000) : line);
  if (old !== null) {
    const rest = line.slice(old[0].length - old[4]!.length);
    // The message runs to the first field.
    const field = /(?:^| )[\w.]+=/.exec(rest);
    const message = field === null ? rest : rest.slice(0, field.index);
    const fields = field === null ? new Map<string, string>() : fieldsOf(rest, field.index === 0 ? 0 : field.index + 1);
    return { level: old[3] ?? 'INFO', source: { file: old[1]!, line: Number(old[2]) }, message, fields };
  }
  const begin = line.startsWith('time=') || line.startsWith('level=') || line.startsWith('source=') ? 0 : -1;
  if (begin === -1) {
    return null;
  }
  const fields = fieldsOf(line, 0);
  const source = /^([\w-]{1,40}\.go):(\d{1,6})$/.exec(fields.get('source') ?? '');
  return {
    level: fields.get('level') ?? '',
    source: source === null ? null : { file: source[1]!, line: Number(source[2]) },
    message: fields.get('msg') ?? '',
    fields,
  };
}
