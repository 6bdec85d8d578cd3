import { describe, expect, it } from 'vitest';
import { Graph, type Tensor } from '../../../../src/estimator/llama-cpp/graph/graph.ts';
import { Allocator } from '../../../../src/estimator/llama-cpp/planner/allocate.ts';
import { Schedule } from '../../../../src/estimator/llama-cpp/planner/schedule.ts';
import { F16, F32 } from '../../../../src/estimator/model/tensors.ts';

const KIB = 1024;

/** Buffer sizes of a graph on one GPU: [GPU, host]. */
function sizes(build: (g: Graph) => Tensor): number[] {
  const graph = new Graph();
  graph.expand(graph.markOutput(build(graph)));
  const schedule = new Schedule();
  schedule.plan(graph, { gpus: 1, copies: 1, opOffload: true, pins: true });
  return new Allocator().allocate(graph, schedule, 1);
}

/** A weight on the GPU whose product with an input of 256 columns has 1 KiB rows. */
function weight(g: Graph, rows = 256): Tensor {
  return g.stored(F32, 256, rows, 1, 1, 0, true);
}

/** A product of 16 KiB whose input takes 4 KiB only, so that the input's place is too small for anything that follows. */
function wide(g: Graph): Tensor {
  return g.mulMat(g.stored(F32, 64, 256, 1, 1, 0, true), g.input(F32, 64, 16));
}

describe('the allocator', () => {
  it('writes an elementwise result over a parent that nobody else reads', () => {
    const product = (g: Graph) => g.mulMat(weight(g), g.input(F32, 256, 16));
    const plain = sizes((g) => product(g));
    const chained = sizes((g) => g.unary(g.scale(product(g))));
    expect(chained).toEqual(plain);
  });

  it('keeps a parent that is read again', () => {
    const once = sizes((g) => g.unary(wide(g)));
    const twice = sizes((g) => {
      const x = wide(g);
      return g.add(g.unary(x), x);
    });
    expect(twice[0]! - once[0]!).toBe(16 * KIB);
  });

  it('keeps what a view shows as long as the view is read', () => {
    const peak = (kept: boolean) =>
      sizes((g) => {
        const x = wide(g);
        const y = g.mulMat(weight(g), g.cont(x));
        const shown = g.view(x, 256, 16, 1, 1, g.stride(x, 1));
        return g.concat(y, kept ? shown : y, 1);
      })[0]!;
    expect(peak(true)).toBeGreaterThan(peak(false));
  });

  it('holds an input on the host and its copy on the GPU', () => {
    expect(sizes((g) => g.mulMat(weight(g), g.input(F32, 256, 16)))).toEqual([32 * KIB, 16 * KIB]);
  });

  it('aligns to 128 bytes on the GPU and to 32 on the host', () => {
    const size = sizes((g) => g.mulMat(g.stored(F32, 3, 3, 1, 1, 0, true), g.input(F32, 3, 1)));
    expect(size).toEqual([256, 32]);
  });

  it('reserves F16 copies of a quantized cache behind flash attention', () => {
    const attention = (type: number) =>
      sizes((g) => {
        const q = g.permute(g.reshape(g.mulMat(weight(g), g.input(F32, 256, 16)), 128, 2, 16), 0, 2, 1, 3);
        const cache = () => g.permute(g.view(g.stored(type, 256, 512, 1, 1, 0, false), 128, 2, 512), 0, 2, 1, 3);
        return g.flashAttention(q, cache(), cache(), g.input(F16, 512, 16), -1);
      })[0]!;
    const q8 = 12;
    // With the copies the result does not fit into the gap that the input left.
    expect(attention(q8) - attention(F16)).toBe(2 * 512 * 256 * 2 + 16 * KIB);
  });
});

describe('the scheduler', () => {
  it('moves work on host weights to the GPU for batches of 32 rows and more, and stages the weight there', () => {
    const onHost = (rows: number) =>
      sizes((g) => g.mulMat(g.stored(F32, 256, 256, 1, 1, 1, true), g.input(F32, 256, rows)))[0]!;
    expect(onHost(31)).toBe(0);
    expect(onHost(32)).toBe(256 * KIB + 2 * 32 * KIB);
  });

  it('reuses the memory of staged weights from one product to the next', () => {
    const size = sizes((g) => {
      let x = g.input(F32, 256, 64);
      for (let i = 0; i < 5; i++) {
        x = g.mulMat(g.stored(F32, 256, 256, 1, 1, 1, true), x);
      }
      return x;
    });
    expect(size[0]).toBeLessThan(2 * 256 * KIB);
  });

  it('keeps four copies of inputs for pipelining', () => {
    const graph = new Graph();
    graph.expand(graph.markOutput(graph.mulMat(weight(graph), graph.input(F32, 256, 16))));
    const schedule = new Schedule();
    schedule.plan(graph, { gpus: 1, copies: 4, opOffload: true, pins: true });
    expect(new Allocator().allocate(graph, schedule, 1)).toEqual([5 * 16 * KIB, 4 * 16 * KIB]);
  });
});
