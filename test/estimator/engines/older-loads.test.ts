import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { builtinCatalogue } from '../../../src/catalogue/builtin.ts';
import { decide } from '../../../src/estimator/plan/decide.ts';
import type { EstimateRequest, GpuDevice, Plan } from '../../../src/estimator/types.ts';

/** A load by a real Ollama of that version on pretended cards. */
interface OlderLoad {
  readonly id: string;
  readonly ollama: string;
  readonly gpus: readonly GpuDevice[];
  readonly model: string;
  readonly numCtx: number;
  readonly env: Readonly<Record<string, string>>;
  readonly options: { readonly num_gpu?: number };
  readonly real: {
    readonly died: boolean;
    readonly layersPerGpu: readonly number[] | null;
    readonly size: number | null;
    readonly sizeVram: number | null;
    /** Compute buffers that were allocated, bytes. */
    readonly graphs: Readonly<Record<string, number>>;
  };
}

const loads = readFileSync(new URL('../../fixtures/older-loads.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as OlderLoad);

function planOf(load: OlderLoad): Plan {
  const { env, options } = load;
  const request: EstimateRequest = {
    numCtx: load.numCtx,
    ...(env.OLLAMA_NUM_PARALLEL === undefined ? {} : { numParallel: Number(env.OLLAMA_NUM_PARALLEL) }),
    ...(env.OLLAMA_FLASH_ATTENTION === undefined ? {} : { flashAttention: env.OLLAMA_FLASH_ATTENTION === '1' }),
    ...(env.OLLAMA_KV_CACHE_TYPE === undefined ? {} : { kvCacheType: 'q8_0' }),
    ...(options.num_gpu === undefined ? {} : { numGpu: options.num_gpu }),
  };
  return decide(builtinCatalogue().find(load.model)!, { ollama: load.ollama, gpus: load.gpus }, request);
}

const used = (layers: readonly number[]): string => layers.filter((count) => count > 0).join();

describe('loads by real older versions', () => {
  test.each(loads.filter(({ real }) => !real.died))(
    '$id, $ollama: $model at $numCtx goes where it really went',
    (load) => {
      const plan = planOf(load);
      const { size, sizeVram, layersPerGpu } = load.real;
      expect(plan.verdict).toBe(sizeVram === 0 ? 'cpu' : size === sizeVram ? 'fits' : 'partial');
      expect(used(plan.placement.perGpuLayers)).toBe(used(layersPerGpu!));
      // The llama runner's figures are Ollama's formulas, its own engine's are measured to a few KiB of padding.
      expect(Math.abs(plan.sizeBytes - size!) / size!).toBeLessThan(0.001);
    },
  );

  test.each(loads.filter(({ real }) => real.died))(
    '$id, $ollama: $model at $numCtx dies for want of memory',
    (load) => {
      expect(planOf(load)).toMatchObject({ verdict: 'refused' });
    },
  );

  const measured = loads.filter(({ ollama, real }) => ollama !== '0.6.5' && ollama !== '0.12.6' && !real.died);
  test.each(measured)('$id, $ollama: the compute buffers of $model are those that were allocated', (load) => {
    const plan = planOf(load);
    const graphs = Object.entries(load.real.graphs).filter(([, bytes]) => bytes > 0);
    for (const [name, bytes] of graphs) {
      const computed = plan.gpus[Number(name.slice('CUDA'.length))]!.computeBytes;
      // Printed with two decimals of a MiB; 2 MiB pages where a graph is left out that only a part offloaded has.
      expect(Math.abs(computed - bytes)).toBeLessThan(10 * 1024 * 1024);
      expect(Math.abs(computed - bytes) / bytes).toBeLessThan(0.05);
    }
  });
});
