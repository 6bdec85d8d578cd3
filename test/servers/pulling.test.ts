import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPull, PullMeter } from '../../src/servers/pulling.ts';

const HOSTS = ['registry.ollama.ai', 'ollama.com'];
const line = (digest: string, totalBytes: number, completedBytes: number | null) => ({
  status: `pulling ${digest}`,
  digest,
  totalBytes,
  completedBytes,
});

describe('the meter of a download', () => {
  it('adds up the layers and knows the rate and what is left', () => {
    const meter = new PullMeter();
    meter.add(line('a', 1_000, 0), 0);
    meter.add(line('b', 3_000, 500), 500);
    const state = meter.add(line('a', 1_000, 1_000), 1_000);
    expect(state).toMatchObject({ completedBytes: 1_500, totalBytes: 4_000, bytesPerSecond: 1_500 });
    expect(state.remainingMs).toBeCloseTo(1_666.7, 0);
  });

  it('says no rate before there is one', () => {
    expect(new PullMeter().add(line('a', 1_000, 10), 0)).toMatchObject({ bytesPerSecond: null, remainingMs: null });
  });
});

describe('names that may be pulled', () => {
  it('come from a host on the list, ports included', () => {
    expect(checkPull('gemma3:12b', HOSTS)).toEqual({ name: 'gemma3:12b' });
    expect(checkPull('registry.ollama.ai/library/gemma3:12b', HOSTS)).toEqual({ name: 'gemma3:12b' });
    expect(checkPull('hf.co/org/repo', HOSTS)).toMatchObject({ problem: { code: 'pull-host-refused' } });
    expect(checkPull('hf.co/org/repo', [...HOSTS, 'hf.co'])).toHaveProperty('name');
    expect(checkPull('localhost:11434/a/b', HOSTS)).toMatchObject({ problem: { code: 'pull-host-refused' } });
  });

  it('never pass with a host that is not on the list', () => {
    fc.assert(
      fc.property(fc.domain(), fc.stringMatching(/^[a-z0-9]{1,8}$/), (host, model) => {
        const checked = checkPull(`${host}/library/${model}`, HOSTS);
        return HOSTS.includes(host) || 'problem' in checked;
      }),
    );
  });
});
