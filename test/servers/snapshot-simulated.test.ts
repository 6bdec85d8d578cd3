// The whole way from a machine to a snapshot: the simulated GPU server over HTTP, its cards through both kinds of source.
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNvidiaSmiSource } from '../../src/gpus/nvidia/nvidia-smi.ts';
import { createServer } from '../../src/servers/server.ts';
import type { Server } from '../../src/servers/types.ts';
import { GIB, MIB, onEnd, script, temporaryDirectory } from '../gpus/tools.ts';
import { startMachine } from '../simulator/machine.ts';
import { serverConfig } from './stub.ts';

async function machine(source: 'prometheus' | 'nvidia-smi') {
  const { simulator, clock } = await startMachine();
  onEnd(() => simulator.close());
  const command = resolve('src/simulator/nvidia-smi-command.ts');
  const server: Server =
    source === 'prometheus'
      ? createServer(serverConfig('lab', simulator.url, `prometheus+${simulator.url}`), { clock: () => clock.now() })
      : createServer(serverConfig('lab', simulator.url), {
          clock: () => clock.now(),
          gpuSource: createNvidiaSmiSource({
            clock: () => clock.now(),
            timeoutMs: 20_000,
            file: script(
              temporaryDirectory(),
              'nvidia-smi',
              `exec '${process.execPath}' '${command}' '${simulator.url}' "$@"`,
            ),
          }),
        });
  onEnd(() => server.close());
  return { simulator, clock, server };
}

const fresh = { maxAgeMs: 0, timeoutMs: 18_000 };

describe.each(['prometheus', 'nvidia-smi'] as const)('a machine seen through %s', (source) => {
  it('shows who holds what as models come and others take memory', async () => {
    const { simulator, clock, server } = await machine(source);
    const empty = await server.snapshot(fresh);
    expect(empty).toMatchObject({ ollama: { state: 'up' }, models: [], gpus: { status: 'ok' }, gpuStale: false });
    expect(empty.gpuViews.map((view) => view.freeBytes)).toEqual(simulator.gpus().map((gpu) => gpu.freeBytes));
    expect(empty.figures.usedByOllamaBytes).toBe(0);

    const loading = server.ollama.load('middle:4b', { numCtx: 4096 });
    for (let i = 0; i < 100 && simulator.loaded().length === 0; i++) {
      await clock.advance(1_000);
      await new Promise((next) => setTimeout(next, 5));
    }
    await loading;
    simulator.setForeign('/usr/bin/train', 1, 2 * GIB);
    const busy = await server.snapshot(fresh);
    const [held] = simulator.loaded();
    expect(busy.models).toMatchObject([
      { name: 'middle:4b', sizeVramBytes: held!.sizeVramBytes, gpuShare: 1, contextLength: 4096 },
    ]);
    // By the runner's process, its CUDA context included, to the MiB that the tools print.
    for (const [index, view] of busy.gpuViews.entries()) {
      expect(view.ollamaBasis).toBe('processes');
      expect(Math.abs(view.ollamaBytes! - held!.gpuBytes[index]!)).toBeLessThanOrEqual(MIB);
    }
    expect(busy.gpuViews[1]!.othersBytes).toBeGreaterThanOrEqual(2 * GIB);
    expect(busy.gpuViews[0]!.freeWhenEmptyBytes! - empty.gpuViews[0]!.freeBytes!).toBeLessThanOrEqual(MIB);
  });

  it('misses a card that is lost', async () => {
    const { simulator, server } = await machine(source);
    const before = await server.snapshot(fresh);
    simulator.setFaults({ lostGpus: [1] });
    const after = await server.snapshot(fresh);
    const seen = after.gpuViews.find((view) => view.uuid === before.gpuViews[1]!.uuid);
    // Depending on the tool the card is gone, or there without numbers; its memory is not counted either way.
    expect(after.missingGpus.length > 0 || seen?.state === 'lost' || after.gpuProblems.length > 0).toBe(true);
    expect(after.gpuProblems.length).toBeGreaterThan(0);
  });
});
