import { describe, expect, test } from 'vitest';
import { readLog } from '../../src/logs/read-log.ts';
import { recordedLogs } from './recorded.ts';

const GIB = 2 ** 30;

describe('logs of real loads', () => {
  test.each(recordedLogs.map((log) => [log.file, log] as const))('%s: layers and engine as they were', (_file, log) => {
    const reading = readLog(log.text);
    expect(reading.kind).toBe('log');
    expect(reading.engine).toBe(log.engine);
    expect(reading.load?.offloaded ?? null).toEqual(log.offloaded);
    if (log.numCtx !== undefined) {
      expect(reading.load?.numCtx).toBe(log.numCtx);
    }
  });

  test('the version is found by the lines that records name, where none is printed', () => {
    for (const log of recordedLogs) {
      const { version, versionBasis } = readLog(log.text);
      if (log.version.startsWith('llama.cpp')) {
        expect(version).toBe('llama.cpp');
      } else {
        expect(version?.replace(/-rc\d+$/, '')).toBe(log.version.replace(/-rc\d+$/, ''));
        expect(versionBasis).toMatch(/^(printed|source-lines)$/);
      }
    }
  });

  test('a load that died is told by what the log shows; where the log ends before, it says that it ends early', () => {
    const died = recordedLogs.filter((log) => log.verdict === 'failed');
    expect(died.length).toBeGreaterThan(6);
    for (const log of died) {
      const reading = readLog(log.text);
      expect([reading.load?.verdict, reading.why.includes('log-ends-early')], log.file).toContainEqual(
        reading.load?.verdict === 'failed' ? 'failed' : true,
      );
    }
  });
});

const lines = (text: string, change: (line: string) => string) => text.split('\n').map(change).join('\n');
const NOISE = ['Nov 26 19:00:00 box kernel: usb 1-1: new device', 'GET / 200 12ms', '', 'webui INFO chat started'];
const wrap = (width: number) => (text: string) =>
  text
    .split('\n')
    .flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'g')) ?? [''])
    .join('\n');

/** What people's pastes look like. */
const MESSES: Readonly<Record<string, (text: string) => string>> = {
  'docker compose in front': (text) => lines(text, (line) => `ollama-1  | ${line}`),
  'journald in front': (text) => lines(text, (line) => `Nov 26 19:42:50 gpu-box ollama[1234]: ${line}`),
  'journald with ISO time': (text) => lines(text, (line) => `2026-11-26T19:42:50+0100 gpu-box ollama[1234]: ${line}`),
  'kubectl with timestamps': (text) => lines(text, (line) => `2026-11-26T19:42:50.123456789Z ${line}`),
  colours: (text) => lines(text, (line) => `\u001b[32m${line.slice(0, 10)}\u001b[0m${line.slice(10)}`),
  'Windows line ends': (text) => text.replaceAll('\n', '\r\n'),
  quoted: (text) => lines(text, (line) => `> ${line}`),
  'a code fence and words around': (text) => `why is it slow?\n\`\`\`\n${text}\n\`\`\`\nthanks`,
  indented: (text) => lines(text, (line) => `    ${line}`),
  'wrapped by a terminal of 80': wrap(80),
  'wrapped by a terminal of 120': wrap(120),
  'other programs between': (text) =>
    text
      .split('\n')
      .flatMap((line, index) => (index % 4 === 1 ? [NOISE[index % NOISE.length]!, line] : [line]))
      .join('\n'),
  'without times': (text) => lines(text, (line) => line.replace(/^time=\S+ /, '')),
};

/** Text wrapped at spaces, as messages and editors do it. */
const wrapAtSpaces = (width: number) => (text: string) =>
  lines(text, (line) => {
    const rows: string[] = [];
    let row = '';
    for (const word of line.split(' ')) {
      if (row !== '' && row.length + 1 + word.length > width) {
        rows.push(row);
        row = word;
      } else {
        row = row === '' ? word : `${row} ${word}`;
      }
    }
    return [...rows, row].join('\n');
  });
const STAMP = '2026-11-26T19:42:50.123456789Z';
const numbered = (form: (line: string, number: number) => string) => (text: string) =>
  text
    .split('\n')
    .map((line, index) => form(line, index + 1))
    .join('\n');

/** What carries logs, and what copying does to them; each is tried on every third log. */
const CARRIED: Readonly<Record<string, (text: string) => string>> = {
  "docker's own JSON": (text) =>
    lines(text, (line) => JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: STAMP })),
  'JSON of a log store': (text) => lines(text, (line) => JSON.stringify({ timestamp: STAMP, message: line, pod: 'a' })),
  'JSON of journald': (text) => lines(text, (line) => JSON.stringify({ _HOSTNAME: 'box', MESSAGE: line })),
  "a cluster's node": (text) => lines(text, (line) => `${STAMP} stderr F ${line}`),
  'journald, precise': (text) => lines(text, (line) => `Nov 26 19:42:50.123456 gpu-box ollama[1]: ${line}`),
  'journald, full': (text) => lines(text, (line) => `Thu 2026-11-26 19:42:50 CET gpu-box ollama[1]: ${line}`),
  'syslog of RFC 5424': (text) => lines(text, (line) => `<30>1 2026-11-26T19:42:50+01:00 box ollama 1 - - ${line}`),
  'compose with timestamps': (text) => lines(text, (line) => `ollama-1  | ${STAMP} ${line}`),
  'compose in colours': (text) => lines(text, (line) => `\u001b[36mollama-1  | \u001b[0m${line}`),
  'kubectl with pods and timestamps': (text) => lines(text, (line) => `[pod/ollama-7d9f/ollama] ${STAMP} ${line}`),
  stern: (text) => lines(text, (line) => `ollama-7d9f ollama ${line}`),
  'a log viewer': (text) => lines(text, (line) => `2026-11-26 20:42:50.000\t${line}`),
  'line numbers': numbered((line, number) => `${String(number).padStart(4)}  ${line}`),
  'grep -n': numbered((line, number) => `${number}:${line}`),
  'grep over files': (text) => lines(text, (line) => `server.log:${line}`),
  'typographic quotes': (text) => {
    let open = false;
    return text.replaceAll('"', () => {
      open = !open;
      return open ? '“' : '”';
    });
  },
  'HTML entities': (text) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  'ends of lines written out': (text) => JSON.stringify(text),
  'journald, wrapped at 80': (text) => wrap(80)(lines(text, (line) => `Nov 26 19:42:50 gpu-box ollama[1234]: ${line}`)),
  'compose, wrapped at 132': (text) => wrap(132)(lines(text, (line) => `ollama-1  | ${line}`)),
  'wrapped at 80, Windows line ends': (text) => wrap(80)(text).replaceAll('\n', '\r\n'),
  'wrapped at spaces before 60': wrapAtSpaces(60),
  'wrapped at spaces before 80': wrapAtSpaces(80),
  'wrapped at spaces before 100': wrapAtSpaces(100),
  'wrapped at spaces and quoted': (text) => lines(wrapAtSpaces(80)(text), (line) => `> ${line}`),
  'spaces of a web page': (text) => text.replaceAll('  ', '\u00a0 '),
  'each line bold': (text) => lines(text, (line) => `**${line}**`),
  'each line as code': (text) => lines(text, (line) => `\`${line}\``),
  'an empty line after each': (text) => lines(text, (line) => `${line}\n`),
};

describe('pastes as they are carried read like the clean ones', () => {
  const facts = (text: string) => {
    const { version, engine, load } = readLog(text);
    return [version, engine, load?.architecture, load?.model, load?.verdict, load?.offloaded, load?.numCtx];
  };
  test.each(Object.entries(CARRIED).map(([name, mess], index) => [name, mess, index] as const))(
    '%s',
    (_name, mess, index) => {
      for (const log of recordedLogs.filter((_, at) => at % 3 === index % 3)) {
        expect(facts(mess(log.text)), log.file).toEqual(facts(log.text));
      }
    },
  );

  test('a piece without a record of Ollama tells its generation by the names of functions, not its version', () => {
    for (const log of recordedLogs.filter(({ version }) => /^0\.(?:6|12|24)\./.test(version))) {
      const piece = log.text
        .split('\n')
        .filter((line) => /^(?:llama_|llm_|load_tensors|print_info)/.test(line))
        .join('\n');
      const { version, engine } = readLog(piece);
      expect(version, log.file).toBeNull();
      expect([log.engine, null], log.file).toContain(engine);
    }
  });

  test('layers are counted by where each goes, where the sum is not in the paste', () => {
    const rows = Array.from(
      { length: 33 },
      (_, layer) =>
        `load_tensors: layer ${String(layer).padStart(3)} assigned to device ${layer < 12 ? 'CPU' : 'CUDA0'}, is_swa = 0`,
    );
    expect(readLog(rows.join('\n')).load).toMatchObject({ offloaded: [21, 33], verdict: 'partial' });
    expect(readLog(rows.slice(3).join('\n')).load?.offloaded ?? null).toBeNull();
  });

  test('two servers between each other are two loads, each with its own layers', () => {
    const [first, second] = ['0.6.5-06.log', '0.24.0-21.log'].map(
      (file) => recordedLogs.find((log) => log.file === file)!,
    );
    const rows = [first!, second!].map(({ text }, index) =>
      text.split('\n').map((line) => `ollama-${index + 1}  | ${line}`),
    );
    const mixed = rows[0]!.flatMap((row, index) => [row, ...(rows[1]![index] === undefined ? [] : [rows[1]![index]!])]);
    const rest = rows[1]!.slice(rows[0]!.length);
    const { loads } = readLog([...mixed, ...rest].join('\n'));
    expect(loads.map(({ offloaded }) => offloaded)).toEqual(
      expect.arrayContaining([first!.offloaded, second!.offloaded]),
    );
  });

  test('a failure of another model, whose beginning is not in the paste, is not taken for this one’s', () => {
    const log = recordedLogs.find(({ file }) => file === '0.12.11-11.log')!;
    const { load, why } = readLog(log.text);
    expect(load?.offloaded).toEqual([42, 81]);
    expect(why).not.toContain('runner-died');
  });
});

describe('messy pastes of them read like the clean ones', () => {
  const facts = (text: string) => {
    const { version, engine, load } = readLog(text);
    return [version, engine, load?.architecture, load?.model, load?.verdict, load?.offloaded, load?.numCtx];
  };
  test.each(Object.entries(MESSES))('%s', (_name, mess) => {
    for (const log of recordedLogs) {
      expect(facts(mess(log.text)), log.file).toEqual(facts(log.text));
    }
  });
});

describe('other pastes', () => {
  test('an error line alone: refused, with the sizes in it', () => {
    const reading = readLog('Error: model requires more system memory (55.2 GiB) than is available (30.1 GiB)');
    expect(reading.kind).toBe('error');
    expect(reading.load).toMatchObject({ verdict: 'refused', troubles: ['system-memory-short'] });
    expect(reading.load?.systemRequiredBytes).toBe(Math.round(55.2 * GIB));
    expect(reading.load?.systemAvailableBytes).toBe(Math.round(30.1 * GIB));
  });

  test.each([
    ['Error: llama runner process has terminated: cudaMalloc failed: out of memory', 'gpu-memory-short'],
    ['Error: llama runner process has terminated: signal: killed', 'killed'],
    ['Error: unable to load model: /root/.ollama/models/blobs/sha256-0123456789ab', 'architecture-unsupported'],
    ["error loading model: unknown model architecture: 'gemma4'", 'architecture-unsupported'],
    ['llama_model_load: error loading model: invalid magic characters', 'file-damaged'],
    [
      'time=2026-01-01T00:00:00.000Z level=ERROR source=sched.go:1 msg="error loading llama server" error="timed out waiting for llama runner to start"',
      'load-timeout',
    ],
  ])('%s', (line, code) => {
    const reading = readLog(line);
    expect(reading.load?.verdict).toBe('failed');
    expect(reading.why).toContain(code);
  });

  test('ollama ps', () => {
    const reading = readLog(
      [
        'NAME                       ID              SIZE      PROCESSOR          CONTEXT    UNTIL',
        'gemma3:12b                 f4031aab637d    22 GB     30%/70% CPU/GPU    32768      4 minutes from now',
        'nomic-embed-text:latest    0a109f422b47    849 MB    100% GPU           2048       Forever',
      ].join('\n'),
    );
    expect(reading.kind).toBe('ps');
    expect(reading.loads.map(({ model, numCtx, verdict }) => [model, numCtx, verdict])).toEqual([
      ['gemma3:12b', 32_768, 'partial'],
      ['nomic-embed-text:latest', 2_048, 'fits'],
    ]);
    expect(reading.loads[0]?.hostBytes).toBe(6_600_000_000);
  });

  test("nvidia-smi's table", () => {
    const reading = readLog(`
|=========================================+========================+======================|
|   0  NVIDIA GeForce RTX 3090        Off |   00000000:01:00.0 Off |                  N/A |
| 30%   41C    P8             21W /  350W |    1203MiB /  24576MiB |      0%      Default |
+-----------------------------------------+------------------------+----------------------+
|   1  NVIDIA GeForce RTX 3090        Off |   00000000:02:00.0 Off |                  N/A |
| 30%   41C    P8             21W /  350W |       4MiB /  24576MiB |      0%      Default |`);
    expect(reading.kind).toBe('nvidia-smi');
    expect(reading.gpus.map(({ name, totalBytes, freeBytes }) => [name, totalBytes, freeBytes])).toEqual([
      ['NVIDIA GeForce RTX 3090', 24 * GIB, (24_576 - 1_203) * 2 ** 20],
      ['NVIDIA GeForce RTX 3090', 24 * GIB, (24_576 - 4) * 2 ** 20],
    ]);
  });

  test.each(['', 'hello', 'why is it slow?', '{"a": 1}', '<html>not found</html>'])('nothing to read: %j', (text) => {
    expect(readLog(text)).toMatchObject({ kind: 'unknown', load: null, version: null });
  });
});
