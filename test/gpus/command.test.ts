import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCommand } from '../../src/gpus/command.ts';
import { onEnd, script, temporaryDirectory } from './tools.ts';

function command(body: string, more: { timeoutMs?: number; limitBytes?: number } = {}) {
  const made = createCommand({ file: script(temporaryDirectory(), 'tool', body), timeoutMs: 10_000, ...more });
  onEnd(() => made.close());
  return made;
}

describe('a bounded command', () => {
  it('tells exit code and both outputs', async () => {
    expect(await command('echo out; echo err >&2; exit 3').run([])).toEqual({
      kind: 'exited',
      exit: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('passes arguments as they are, without a shell', async () => {
    const outcome = await command('printf "%s|" "$@"').run(['a b', '$(id)', '; rm']);
    expect(outcome).toMatchObject({ stdout: 'a b|$(id)|; rm|' });
  });

  it('starts no second child while the first has not ended', async () => {
    const made = command('sleep 20');
    const first = made.run([]);
    expect(await made.run([])).toMatchObject({ kind: 'still-running' });
    made.close();
    expect(await first).toMatchObject({ kind: 'exited', exit: null });
    expect((await made.run([], AbortSignal.abort())).kind).toBe('aborted');
  });

  it('gives up at its bound and on a signal', async () => {
    expect(await command('sleep 20', { timeoutMs: 100 }).run([])).toEqual({ kind: 'timeout', afterMs: 100 });
    expect(await command('sleep 20').run([], AbortSignal.timeout(50))).toEqual({ kind: 'aborted' });
  });

  it('tells a missing program from one that may not be run', async () => {
    const missing = createCommand({ file: join(temporaryDirectory(), 'none'), timeoutMs: 1_000 });
    expect((await missing.run([])).kind).toBe('not-installed');
    // A failed start leaves the way free.
    expect((await missing.run([])).kind).toBe('not-installed');
    const forbidden = createCommand({ file: temporaryDirectory(), timeoutMs: 1_000 });
    expect(await forbidden.run([])).toMatchObject({ kind: 'failed', reason: 'EACCES' });
  });
});
