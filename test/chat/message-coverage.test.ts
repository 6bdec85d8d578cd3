import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messages } from '../../src/chat/messages/index.ts';

/** A code as it stands in the source, with the prefix under which the edge looks for its words. */
interface Found {
  readonly key: string;
  readonly where: string;
}

const sources = new Map(
  globSync(['src/**/*.ts', 'commands/**/*.ts'])
    .filter((path) => !path.startsWith('src/simulator/') && !path.startsWith('src/chat/messages/'))
    .map((path) => [path, readFileSync(path, 'utf8')] as const),
);

/** Codes that reach nobody under this prefix, and why. */
const UNSEEN: Readonly<Record<string, string>> = {
  'reason.fits': 'the title says it',
  'reason.all-on-gpu': 'the title says it',
  'note.evicts-others': 'said by name, as advice to unload',
  'note.evicts-loaded': 'said by name, as advice to unload',
  'error.model-name-invalid': "the model finder replaces it by the name's own fault",
  'error.gpu-source-ssh': "the configuration's reader says what GPU_SOURCE takes",
  'error.gpu-source-prometheus': "the configuration's reader says what GPU_SOURCE takes",
  'error.gpu-source-unknown': "the configuration's reader says what GPU_SOURCE takes",
  'error.picture-closed': 'the reply goes without its picture',
  'error.picture-failed': 'the reply goes without its picture',
  'error.picture-queue-full': 'the reply goes without its picture',
  'error.picture-timeout': 'the reply goes without its picture',
};

/** What a comparison or a look-up quotes is no code. */
const NOT_RESULTS = /'[^']*' in |[^?,(]*[=!]==\s*'[^']*'\s*\?/g;

const ERROR_CLASSES =
  /new (?:CodedError|CommandError|EstimateError|GgufError|CatalogueError|OllamaError|StoreError|QueueError|ScheduleError|WatchError|GpuListError|GpuSourceError|DiscordStartError|PictureError)\(\s*([^,)]+)/g;

function quoted(text: string): string[] {
  return [...text.matchAll(/'([a-z0-9]+(?:-[a-z0-9]+)*)'/g)].map((match) => match[1]!);
}

/** The literal codes that a pattern finds, each file's own; the first group holds the expression with the codes. */
function codes(prefix: string, pattern: RegExp, path: RegExp): Found[] {
  return [...sources].flatMap(([where, text]) =>
    path.test(where)
      ? [...text.matchAll(pattern)].flatMap((match) =>
          quoted(match[1]!.replace(NOT_RESULTS, '')).map((code) => ({ key: `${prefix}.${code}`, where })),
        )
      : [],
  );
}

/** The members of `export type <name> = 'a' | 'b';`. */
function union(prefix: string, name: string): Found[] {
  for (const [where, text] of sources) {
    const body = new RegExp(`export type ${name} =([^;]*);`).exec(
      text.replace(/\/\*\*[\s\S]*?\*\/|\['[^']*'\]/g, ''),
    )?.[1];
    if (body !== undefined) {
      return quoted(body).map((code) => ({ key: `${prefix}.${code}`, where }));
    }
  }
  throw new Error(`there is no type ${name}`);
}

function remarks(prefix: 'note' | 'reason'): Found[] {
  const found: Found[] = [];
  for (const [where, text] of sources) {
    if (!where.startsWith('src/estimator/engines/')) {
      continue;
    }
    for (const line of text.split('\n')) {
      const expression = /\bcode(?:: | = )([^\n]*?)(?:, params|,$|;$)/.exec(line)?.[1];
      if (expression === undefined || /\bnotes\b/.test(line) !== (prefix === 'note')) {
        continue;
      }
      const results = expression.replace(/[^?:]*===[^?]*\?/g, '');
      found.push(...quoted(results).map((code) => ({ key: `${prefix}.${code}`, where })));
    }
  }
  return found;
}

const found: readonly Found[] = [
  ...codes('error', ERROR_CLASSES, /./),
  ...codes('error', /new Stop\(\s*'[a-z-]+',\s*([^,)]+)/g, /^src\/servers\//),
  ...codes('error', /readonly code = ('[a-z-]+')/g, /^src\/servers\//),
  ...codes('error', /extends CodedError<('[^>]*)>/g, /./),
  ...codes('error', /readonly code: ('[^;]*);/g, /^src\/(servers|schedule|discord)\//),
  ...codes(
    'error',
    /\bcode: ('[a-z-]+'|[^\n{},]* \? '[^\n{},]*')/g,
    /^src\/servers\/(loading|pulling)|^commands\/load\//,
  ),
  ...codes('error', /const code = ([^\n;]*);/g, /^src\/servers\/loading\//),
  ...codes('error', /checkCount\(('[^,]*'),/g, /^src\/estimator\//),
  ...union('error', 'GgufErrorCode'),
  ...union('error', 'OllamaErrorCode'),
  ...union('error', 'CatalogueErrorCode'),
  ...union('error', 'StoreErrorCode'),
  ...union('error', 'GpuSourceErrorCode'),
  ...union('error', 'GpuListErrorCode'),
  ...union('error', 'PostFailure').map(({ key, where }) => ({ key: key.replace('error.', 'error.chat-'), where })),
  ...remarks('reason'),
  ...remarks('note'),
  ...union('gpu-error', 'GpuErrorCode'),
  ...union('gpu-note', 'GpuNoteCode'),
  ...union('gpu-state', 'GpuState'),
  ...codes('explain', /\blabel: ('[a-z-]+')/g, /^src\/estimator\/plan\/explain\.ts$/),
  ...codes('doctor', /finding\(\s*'[a-z]+',\s*([^\n]*?)[,)]/g, /./),
  ...codes('doctor', /remark: \{ code: ('[a-z-]+')/g, /^src\/(main|compose)/),
  ...codes('doctor', /code: ('version-[a-z-]+')/g, /^src\/ollama\/version\.ts$/),
  ...union('status.lost', 'LostReason'),
  ...union('status.list.stopped', 'LostReason'),
];

describe('the words for codes', () => {
  it('are all looked for: each kind of code is found in the source', () => {
    const prefixes = Map.groupBy(found, ({ key }) => key.slice(0, key.lastIndexOf('.')));
    const few = [...prefixes].filter(([, list]) => list.length < 2).map(([prefix]) => prefix);
    expect(few).toEqual([]);
    for (const key of [
      'error.ctx-beyond-training',
      'error.store-full',
      'error.batch-not-positive',
      'error.load-stopped',
      'error.queue-closed',
      'reason.cpu-no-gpu',
      'note.graph-estimated',
      'gpu-error.still-hanging',
      'doctor.gpus-read',
      'doctor.version-below-floor',
      'explain.headroom',
    ]) {
      expect(found.map((one) => one.key)).toContain(key);
    }
  });

  it('stand in the message table', () => {
    const missing = found.filter(({ key }) => !Object.hasOwn(messages, key) && !Object.hasOwn(UNSEEN, key));
    expect([...new Set(missing.map(({ key, where }) => `${key} (${where})`))].sort()).toEqual([]);
  });

  it('are left out only where the code still exists', () => {
    const known = new Set(found.map(({ key }) => key));
    expect(Object.keys(UNSEEN).filter((key) => !known.has(key))).toEqual([]);
  });
});

/** The names in `{ a, b: …, ...more }` that begins at an offset; `null` where a spread hides some. */
function namesOfObject(text: string, start: number): string[] | null {
  let depth = 0;
  let part = '';
  const parts: string[] = [];
  for (const character of text.slice(start, start + 2000)) {
    if ('{[('.includes(character)) {
      depth += 1;
    }
    if ('}])'.includes(character)) {
      depth -= 1;
    }
    if (depth === 0) {
      break;
    }
    if (depth === 1 && character === ',') {
      parts.push(part);
      part = '';
    } else if (depth > 1 || character !== '{') {
      part += character;
    }
  }
  const names = [...parts, part].map((one) => one.trim()).filter((one) => one !== '');
  return names.some((name) => name.startsWith('...')) ? null : names.map((name) => /^\w+/.exec(name)?.[0] ?? name);
}

/** Figures that the edge adds to a row's own. */
const ADDED: Readonly<Record<string, readonly string[]>> = { doctor: ['server'] };

function missingParams(): { readonly checked: number; readonly missing: readonly string[] } {
  const missing: string[] = [];
  let checked = 0;
  for (const [where, text] of sources) {
    for (const match of text.matchAll(/'([a-z0-9]+(?:-[a-z0-9]+)*)',\s*(?:params: )?\{/g)) {
      const passed = namesOfObject(text, match.index + match[0].length - 1);
      if (passed === null) {
        continue;
      }
      const keys = found.filter(({ key, where: home }) => {
        const here = home === where || where.startsWith(`${dirname(home)}/`);
        return here && key.slice(key.lastIndexOf('.') + 1) === match[1] && Object.hasOwn(messages, key);
      });
      for (const key of new Set(keys.map((one) => one.key))) {
        const row: string = messages[key as keyof typeof messages].en;
        const added = ADDED[key.slice(0, key.indexOf('.'))] ?? [];
        const wanted = [...row.matchAll(/\{([a-zA-Z]\w*)/g)].map((placeholder) => placeholder[1]!);
        const lacking = wanted.filter((name) => !passed.includes(name) && !added.includes(name));
        checked += 1;
        if (lacking.length > 0) {
          missing.push(`${key} lacks ${[...new Set(lacking)].join(', ')} (${where})`);
        }
      }
    }
  }
  return { checked, missing };
}

describe('the figures in the words', () => {
  it('are passed wherever a code is made with its figures', () => {
    const { checked, missing } = missingParams();
    expect(checked).toBeGreaterThan(80);
    expect(missing).toEqual([]);
  });
});

describe('the areas of the message table', () => {
  it('share no key: the later one would hide the earlier one', () => {
    const seen = new Map<string, string>();
    const twice: string[] = [];
    for (const path of globSync('src/chat/messages/*.ts')) {
      for (const match of readFileSync(path, 'utf8').matchAll(/^ {2}'([^']+)': \{/gm)) {
        const earlier = seen.get(match[1]!);
        if (earlier !== undefined) {
          twice.push(`${match[1]} (${earlier}, ${basename(path)})`);
        }
        seen.set(match[1]!, basename(path));
      }
    }
    expect(seen.size).toBe(Object.keys(messages).length);
    expect(twice).toEqual([]);
  });
});
