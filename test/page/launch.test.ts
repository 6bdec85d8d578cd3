import { describe, expect, it } from 'vitest';
import { launchOf } from '../../page/estimate/launch.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { parseGpuList } from '../../src/estimator/index.ts';

const spec = builtinCatalogue().find('qwen3:8b')!;

describe('the lines that start a model', () => {
  it('say Ollama’s settings where they are asked for, and the context with the request', () => {
    const server = { ollama: '0.33.0', gpus: parseGpuList('RTX 3060') };
    expect(launchOf(spec, null, server, { numCtx: 8192 }).lines).toEqual([
      `curl http://127.0.0.1:11434/api/generate -d '{"model":"qwen3:8b","options":{"num_ctx":8192}}'`,
    ]);
    const asked = { numCtx: 8192, kvCacheType: 'q8_0', flashAttention: true, numParallel: 2 } as const;
    expect(launchOf(spec, null, server, asked).lines[0]).toBe(
      'OLLAMA_NUM_PARALLEL=2 OLLAMA_FLASH_ATTENTION=1 OLLAMA_KV_CACHE_TYPE=q8_0 ollama serve',
    );
  });

  it('are llama-server’s flags with llama.cpp, planned again to the same place', () => {
    const server = { ollama: 'llama.cpp', gpus: parseGpuList('RTX 3060') };
    const { lines, verified } = launchOf(spec, null, server, { numCtx: 8192, numParallel: 1 });
    expect(lines[0]).toMatch(/^llama-server -m MODEL\.gguf -c 8192 -np 1 /);
    expect(verified).toBe(true);
  });

  it('do no harm whatever a file calls itself', () => {
    const server = { ollama: '0.33.0', gpus: parseGpuList('RTX 3060') };
    const hostile = { ...spec, name: `x'; rm -rf ~; echo '` };
    const [line = ''] = launchOf(hostile, null, server, { numCtx: 8192 }).lines;
    // Every quote of the name is closed, escaped and opened again.
    expect(line.replaceAll(`'\\''`, '').match(/'/g)).toHaveLength(2);
  });
});
