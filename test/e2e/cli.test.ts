import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headroom-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the program as a user does. No network: the registry is not to be reached from a test. */
function headroom(args: readonly string[], input = '', entry = 'bin/headroom.js'): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, entry), ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      LANG: 'C',
      DATA_DIR: folder,
      HTTPS_PROXY: 'http://127.0.0.1:9',
      OLLAMA_HOST: 'http://127.0.0.1:9',
    },
  });
  let out = '';
  let error = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    error += data;
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, error })));
}

const CARDS = '7.9GiB:7.7GiB,7.9GiB:7.7GiB,7.9GiB:7.7GiB,7.9GiB:7.7GiB';
const issue = ['fit', 'gemma3:12b', '--ctx', '131072', '--ollama', '0.6.5', '--parallel', '1'];

describe('headroom fit', () => {
  it('reproduces the 55.2 GiB of Ollama 0.6.5 on four cards, and says why', async () => {
    const { code, out } = await headroom([...issue, '--gpus', CARDS]);
    expect(code).toBe(3);
    expect(out).toContain('it needs 55.2 GiB');
    expect(out).toMatch(/no layer goes on a GPU/);
    expect(out).toContain('model requires more system memory (55.2 GiB) than is available');
  });

  it('says that one RTX 3090 fits, with exit code 0', async () => {
    const { code, out } = await headroom([...issue, '--gpus', 'RTX 3090=24GiB:23.7GiB']);
    expect(code).toBe(0);
    expect(out).toContain('fits with a context of 131072');
  });

  it('calls no context the default of a llama-server, which has none', async () => {
    const { out } = await headroom(['fit', 'gemma3:12b', '--gpus', '2x4090', '--ollama', 'llama.cpp']);
    expect(out).toContain('llama-server without -c takes as much as it can');
    expect(out).not.toContain('default');
  });

  it('prints one JSON object with --json', async () => {
    const { code, out } = await headroom(['fit', 'gemma3:12b', '--ctx', '131072', '--gpus', '12GiB', '--json']);
    const plan = JSON.parse(out);
    expect(code).toBe(2);
    expect(plan).toMatchObject({ verdict: 'partial', engine: 'llama-server', placement: { totalLayers: 49 } });
    for (const gpu of plan.gpus) {
      expect(gpu.total).toBe(gpu.weights + gpu.cache + gpu.compute + gpu.projector + gpu.overhead);
    }
  });

  it.each([
    [['fit', 'no-such-model', '--gpus', '8GiB'], /no-such-model/],
    [['fit', 'gemma3:12b', '--ctx', '0', '--gpus', '8GiB'], /number of tokens: 32768/],
    [['fit', 'gemma3:12b', '--ctx', 'many', '--gpus', '8GiB'], /--ctx/],
    [['fit', 'gemma3:12b', '--gpus', 'big'], /is not a GPU/],
    [['fit', 'gemma3:12b', '--gpus', '8GiB', '--ollama', 'newest'], /is not a version of Ollama/],
    [['fit', 'gemma3:12b', '--gpus', '8GiB', '--kv', 'q1'], /no cache type q1/],
    [['fit', 'missing.gguf', '--gpus', '8GiB'], /no file/],
    [['fit'], /Usage/],
    [['fit', 'gemma3:12b', '--nonsense'], /no option --nonsense[\s\S]*Usage: headroom fit/],
    [['nonsense'], /Usage/],
    [['dokter'], /Did you mean doctor/],
    [['fit', 'gemma3:12b', '--gpu', '8GiB'], /Did you mean --gpus/],
    [['quantize', 'gemma3:12b'], /--to/],
    [['completion', 'tcsh'], /bash, zsh, fish/],
  ])('refuses %j in one sentence with exit code 1', async (args: string[], sentence) => {
    const { code, out, error } = await headroom(args);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(error).toMatch(sentence);
    expect(error).not.toMatch(/\n\s+at /);
  });

  it('refuses files that are damaged, each in words', async () => {
    const truncated = join(folder, 'truncated.gguf');
    writeFileSync(truncated, Buffer.from('GGUF\u0003\0\0\0\u0001\0', 'latin1'));
    const other = join(folder, 'other.gguf');
    writeFileSync(other, 'this is no GGUF file at all, but text that somebody renamed');
    const json = join(folder, 'keys.json');
    writeFileSync(
      json,
      JSON.stringify({ name: 'x', architecture: 'llama', metadata: { 'general.architecture': 'llama' }, tensors: [] }),
    );
    const answers = await Promise.all(
      [truncated, other, json].map((path) => headroom(['fit', path, '--gpus', '8GiB'])),
    );
    expect(answers.map((answer) => answer.code)).toEqual([1, 1, 1]);
    expect(answers[0]!.error).toMatch(/ends in the middle of its header/);
    expect(answers[1]!.error).toMatch(/not a GGUF file/);
    expect(answers[2]!.error).not.toMatch(/\n\s+at /);
  });

  it('says plainly that a diffusion model is no language model', async () => {
    const path = join(folder, 'video.json');
    const metadata = { 'general.architecture': 'hyvid' };
    const tensors = [{ name: 'double_blocks.0.img_attn_qkv.weight', shape: [3072, 9216], type: 'Q4_K' }];
    writeFileSync(path, JSON.stringify({ name: 'HunyuanVideo-1.5', architecture: 'hyvid', metadata, tensors }));
    const { code, error } = await headroom(['fit', path, '--gpus', '24GiB']);
    expect(code).toBe(1);
    expect(error).toContain('is not a language model that Ollama runs');
  });
});

describe('headroom estimate', () => {
  it('answers each line in order; a bad line does not end the rest', async () => {
    const gpus = [{ name: 'RTX 3090', totalBytes: 24 * 2 ** 30, freeBytes: 23.5 * 2 ** 30 }];
    const lines = [
      { id: 1, model: 'gemma3:12b', mode: 'decide', ollama: '0.33.0', numCtx: 8192, gpus },
      { id: 2, model: 'no-such-model', numCtx: 8192, gpus },
      { id: 3, model: 'llama3.1:8b', mode: 'plan', numCtx: 8192, numGpu: -1, outputs: 1, gpus },
      { id: 'four', model: 'gemma3:12b', numCtx: -1, gpus },
      { id: 5, model: 'gemma3:12b', numCtx: 0, ollama: 'llama.cpp', gpus },
    ];
    const input = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"id":6,\n`;
    const { code, out } = await headroom(['estimate'], input);
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(answers.map((answer) => answer.id)).toEqual([1, 2, 3, 'four', 5, null]);
    expect(answers[0]).toMatchObject({ verdict: 'fits', maxCtx: expect.any(Number) });
    expect(answers[1].error.code).toMatch(/^model-un(known|answered)/);
    expect(answers[2].gpus[0]).toMatchObject({ projector: 0 });
    expect(answers[3].error).toMatchObject({ code: 'ctx-not-positive' });
    expect(answers[4].verdict).toBe('fits');
    expect(answers[5].error).toMatchObject({ code: 'bad-json' });
  });
});

describe('the demo without a terminal', () => {
  it('runs the lines in order and ends with 0', async () => {
    const { code, out, error } = await headroom(['--demo'], '/fit gemma3:12b ctx:32768\n/ps\n', 'src/main.ts');
    expect(code).toBe(0);
    expect(error).toBe('');
    expect(out).toMatch(/✔ gemma3:12b fits with a context of 32768[\s\S]*Nothing is loaded on main/);
    expect(out).toContain('Simulated server');
  });

  it('ends with 1 when a line failed, and goes on to the next', async () => {
    const { code, out } = await headroom(
      ['--demo'],
      '/fit nonsense-model\n/nonsense\n/fit gemma3:12b ctx:2048\n',
      'src/main.ts',
    );
    expect(code).toBe(1);
    expect(out).toMatch(/There is no model nonsense[\s\S]*no command \/nonsense[\s\S]*✔ gemma3:12b/);
  });
});

describe('a reader that stops early', () => {
  it('ends the program without a word', async () => {
    const child = spawn(process.execPath, [join(root, 'bin/headroom.js'), 'estimate'], {
      cwd: folder,
      env: { PATH: process.env.PATH },
    });
    let error = '';
    child.stderr.on('data', (data) => {
      error += data;
    });
    child.stdin.on('error', () => undefined);
    child.stdout.once('data', () => child.stdout.destroy());
    const line = JSON.stringify({ id: 1, model: 'no such model', numCtx: 1, gpus: [] });
    child.stdin.end(`${line}\n`.repeat(5_000));
    await new Promise((resolve) => child.on('close', resolve));
    expect(error).toBe('');
  });
});

describe('headroom doctor', () => {
  it('reads the .env of the folder it is run in, and tells its faults without their values', async () => {
    writeFileSync(join(folder, '.env'), 'OLLAMA_NUM_PARALLEL=hunter2\n');
    const { code, out } = await headroom(['doctor']);
    rmSync(join(folder, '.env'));
    expect(code).toBe(1);
    expect(out).toContain('OLLAMA_NUM_PARALLEL: must be a whole number');
    expect(out).not.toContain('hunter2');
  });

  it('names every fault with what to do, and ends with 1', async () => {
    const { code, out } = await headroom(['doctor']);
    expect(code).toBe(1);
    expect(out).toMatch(/PROBLEM {2}main: Ollama cannot be reached\. Check OLLAMA_HOST/);
    expect(out).toContain('DISCORD_TOKEN is not set');
  });

  it.each(['explain', 'restore'])('%s tells in words of a file that is not there', async (command) => {
    const { code, error } = await headroom([command, 'nowhere']);
    expect(code).toBe(1);
    expect(error).toMatch(/^headroom: There is no (file nowhere|backup of this name) that can be read\.\n$/);
  });
});
