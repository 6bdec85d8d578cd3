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
