import { describe, expect, it } from 'vitest';
import { examineServer } from '../../src/servers/doctor.ts';
import { createServer } from '../../src/servers/server.ts';
import { GIB, onEnd } from '../gpus/tools.ts';
import { gpu, gpuSource, ollamaStub, reading, serverConfig } from './stub.ts';

async function examined(usedGib: readonly number[], vramGib: number | null, host = 'local') {
  const stub = await ollamaStub(vramGib === null ? [] : [{ name: 'gemma3:12b', sizeVram: vramGib * GIB }]);
  const gpus = usedGib.map((used, index) => gpu({ uuid: `GPU-${index}`, usedBytes: used * GIB }));
  const server = createServer(serverConfig('main', stub.url), {
    gpuSource: gpuSource(async () => ({ ...reading(gpus, Date.now()), host })),
  });
  onEnd(() => server.close());
  return (await examineServer(server)).map(({ level, remark }) => ({ level, ...remark }));
}

describe('the doctor, of the GPUs', () => {
  it('says whose they are: how they are read, where, and which cards', async () => {
    expect(await examined([4, 4], null)).toContainEqual({
      level: 'ok',
      code: 'gpus-read',
      params: expect.objectContaining({ count: 2, cards: '2 × NVIDIA GeForce RTX 3090' }),
    });
    expect(await examined([4], null, 'gpubot@gpu-01')).toContainEqual({
      level: 'ok',
      code: 'gpus-read-at',
      params: expect.objectContaining({ host: 'gpubot@gpu-01', cards: 'NVIDIA GeForce RTX 3090' }),
    });
  });

  it('says that loads never touch them where Ollama holds far more than is in use on all of them', async () => {
    expect(await examined([0.2, 0.2], 10)).toContainEqual({
      level: 'fault',
      code: 'gpus-untouched',
      params: { server: 'main', vram: 10 * GIB, used: expect.closeTo(0.4 * GIB, -3) },
    });
  });

  it.each([
    ['the memory is in use', [8, 4], 10],
    ['a part of it is in use', [6, 0.1], 10],
    ['nothing is loaded', [0.1], null],
    ['next to nothing is loaded', [0], 0.3],
  ])('does not where %s', async (_why, used, vram) => {
    expect((await examined(used, vram)).map(({ code }) => code)).not.toContain('gpus-untouched');
  });
});
