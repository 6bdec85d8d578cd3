import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ServerRegistry, ServerSnapshot } from '../../src/servers/types.ts';
import { openStore } from '../../src/store/store.ts';
import { createMetrics, type MetricsParts } from '../../src/web/metrics.ts';
import { MAX_MODELS } from '../../src/web/metrics-labels.ts';
import { GIB, onEnd } from '../gpus/tools.ts';
import { type Moment, moment, registryOf } from '../schedule/watches/world.ts';

const START = Date.now();

/** Servers whose latest snapshots are given. */
function seen(...moments: Omit<Moment, 'atMs'>[]): ServerRegistry {
  const snapshots = moments.map((about) => moment({ ...about, atMs: START }));
  const registry = registryOf(...snapshots.map((snapshot) => snapshot.name));
  const servers = registry.servers.map((server, i) => ({ ...server, latest: (): ServerSnapshot => snapshots[i]! }));
  return { ...registry, servers, defaultServer: servers[0]! };
}

async function world(parts: Partial<MetricsParts> = {}) {
  const store = await openStore(':memory:');
  onEnd(() => store.close());
  const metrics = createMetrics({ servers: seen({}), store, processFigures: false, ...parts });
  return {
    store,
    metrics,
    /** Value of a series as it stands in the text; `null`: there is none. */
    async value(series: string): Promise<number | null> {
      const line = (await metrics.text()).split('\n').find((one) => one.startsWith(`${series} `));
      return line === undefined ? null : Number(line.slice(series.length + 1));
    },
  };
}

describe('figures of servers', () => {
  it('tell memory per GPU and model', async () => {
    const models = [{ name: 'gemma3:12b', vramGib: 6, sizeGib: 8 }];
    const { value } = await world({ servers: seen({ usedGib: [8, 1], models }) });
    const gpu = 'server="main",gpu="0",uuid="GPU-00000000-0000-4000-8000-000000000000"';
    expect(await value(`headroom_gpu_memory_used_bytes{${gpu}}`)).toBe(8 * GIB);
    expect(await value(`headroom_gpu_memory_free_bytes{${gpu}}`)).toBe(15.5 * GIB);
    expect(await value(`headroom_gpu_utilization_ratio{${gpu}}`)).toBeCloseTo(0.03);
    expect(await value('headroom_model_vram_bytes{server="main",model="gemma3:12b"}')).toBe(6 * GIB);
    expect(await value('headroom_model_memory_bytes{server="main",model="gemma3:12b"}')).toBe(8 * GIB);
    expect(await value('headroom_ollama_up{server="main"}')).toBe(1);
    expect(await value('headroom_ollama_info{server="main",version="0.33.0"}')).toBe(1);
  });

  it('leave out what is not known rather than call it zero', async () => {
    const { metrics, value } = await world({
      servers: seen({
        usedGib: [1],
        gpus: [{ tempC: null, utilPct: null }],
        readAtMs: START,
        ollama: { state: 'down', error: { code: 'unreachable', params: {} }, lastVersion: null },
      }),
    });
    const text = await metrics.text();
    expect(text).not.toMatch(/^headroom_gpu_temperature_celsius\{/m);
    expect(text).not.toMatch(/^headroom_gpu_utilization_ratio\{/m);
    expect(text).not.toMatch(/^headroom_models_loaded\{/m);
    expect(await value('headroom_ollama_up{server="main"}')).toBe(0);
    const old = await world({ servers: seen({ usedGib: [1], readAtMs: START - 600_000 }) });
    expect(await old.metrics.text()).not.toMatch(/^headroom_gpu_memory_used_bytes\{/m);
  });

  it('forget models that left', async () => {
    const registry = seen({ models: [{ name: 'a', vramGib: 1 }] });
    let snapshot = registry.servers[0]!.latest();
    const { metrics } = await world({
      servers: { ...registry, servers: [{ ...registry.servers[0]!, latest: () => snapshot }] },
    });
    expect(await metrics.text()).toMatch(/model="a"/);
    snapshot = moment({ atMs: START, models: [{ name: 'b', vramGib: 1 }] });
    const text = await metrics.text();
    expect(text).toMatch(/model="b"/);
    expect(text).not.toMatch(/model="a"/);
  });

  it('have bounded labels, whatever names come from outside', async () => {
    const nasty = 'x"\n} 1\nheadroom_ollama_up{server="evil"} 1';
    const models = [
      { name: nasty, vramGib: 9 },
      ...Array.from({ length: 3 * MAX_MODELS }, (_, i) => ({ name: `m${i}${'z'.repeat(300)}`, vramGib: 0.01 })),
    ];
    const { metrics } = await world({ servers: seen({ usedGib: [20], models }) });
    const lines = (await metrics.text()).split('\n');
    const series = lines.filter((line) => line.startsWith('headroom_model_vram_bytes{'));
    expect(series).toHaveLength(MAX_MODELS + 1);
    expect(series.some((line) => line.includes('model="other"'))).toBe(true);
    expect(lines.some((line) => line.startsWith('headroom_ollama_up{server="evil"'))).toBe(false);
    for (const line of series) {
      expect(line.length).toBeLessThan(300);
    }
  });
});

describe('figures of the program', () => {
  it('count commands by result and time', async () => {
    const { metrics, value } = await world();
    metrics.hooks.finished?.({ command: 'fit', outcome: 'ok', ms: 80 });
    metrics.hooks.finished?.({ command: 'fit', outcome: 'ok', ms: 3_000 });
    metrics.hooks.finished?.({ command: 'fit', outcome: 'refused', ms: 0 });
    expect(await value('headroom_commands_total{command="fit",result="ok"}')).toBe(2);
    expect(await value('headroom_commands_total{command="fit",result="refused"}')).toBe(1);
    expect(await value('headroom_command_seconds_count{command="fit"}')).toBe(2);
    expect(await value('headroom_command_seconds_bucket{le="0.1",command="fit"}')).toBe(1);
  });

  it('tell predicted and actual memory of loads, and how far off they were since the start', async () => {
    const store = await openStore(':memory:');
    onEnd(() => store.close());
    const load = (model: string, predicted: number, actual: number) =>
      store.observations.add({
        atMs: START,
        server: 'main',
        model,
        digest: null,
        ollamaVersion: '0.33.0',
        engine: 'llama-server',
        numCtx: 8192,
        request: {},
        predicted: { sizeVramBytes: predicted },
        actual: { sizeVramBytes: actual },
        gpus: [],
      });
    await load('before', 1, 2);
    const { value } = await world({ store });
    expect(await value('headroom_load_error_ratio_count{server="main"}')).toBeNull();
    await load('a', 99 * GIB, 100 * GIB);
    await load('a', 104 * GIB, 100 * GIB);
    expect(await value('headroom_load_predicted_bytes{server="main",model="a"}')).toBe(104 * GIB);
    expect(await value('headroom_load_actual_bytes{server="main",model="a"}')).toBe(100 * GIB);
    expect(await value('headroom_load_error_ratio_count{server="main"}')).toBe(2);
    expect(await value('headroom_load_error_ratio_bucket{le="0.01",server="main"}')).toBe(1);
    expect(await value('headroom_load_error_ratio_count{server="main"}')).toBe(2);
  });

  it('tell the state of gateway, store, alerts, watches and loads', async () => {
    let stands = false;
    const { value } = await world({
      gateway: () => stands,
      activeLoads: () => 3,
      alerts: () => [
        { server: 'main', kind: 'gpu-hot' },
        { server: 'main', kind: 'gpu-hot' },
      ],
      watches: () => new Map([[null, 4]]),
    });
    expect(await value('headroom_gateway_up')).toBe(0);
    stands = true;
    expect(await value('headroom_gateway_up')).toBe(1);
    expect(await value('headroom_store_up')).toBe(1);
    expect(await value('headroom_alerts_open{server="main",kind="gpu-hot"}')).toBe(2);
    expect(await value('headroom_watches_waiting{server="any"}')).toBe(4);
    expect(await value('headroom_loads_active{server="main"}')).toBe(3);
  });

  it('keep registries apart', async () => {
    const one = await world();
    const two = await world();
    one.metrics.hooks.finished?.({ command: 'fit', outcome: 'ok', ms: 1 });
    expect(await two.value('headroom_commands_total{command="fit",result="ok"}')).toBeNull();
  });
});

describe('the Grafana dashboard and the alert rules', () => {
  const text = readFileSync(new URL('../../contrib/grafana/headroom.json', import.meta.url), 'utf8');
  const rules = readFileSync(new URL('../../contrib/prometheus/headroom.rules.yaml', import.meta.url), 'utf8');
  const dashboard = JSON.parse(text) as {
    panels: {
      id: number;
      type: string;
      title: string;
      targets?: { expr: string }[];
      gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
    }[];
  };

  it('asks for metrics that exist', async () => {
    const store = await openStore(':memory:');
    onEnd(() => store.close());
    const names = new Set(
      createMetrics({
        servers: seen({}),
        store,
        gateway: () => true,
        activeLoads: () => 0,
        alerts: () => [],
        watches: () => new Map(),
      }).names(),
    );
    const asked = new Set([...`${text}${rules}`.matchAll(/headroom_[a-z0-9_]+/g)].map(([name]) => name));
    expect(asked.size).toBeGreaterThan(15);
    expect([...asked].filter((name) => !names.has(name))).toEqual([]);
  });

  it('has panels with queries, none over another', () => {
    const ids = dashboard.panels.map((panel) => panel.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const panel of dashboard.panels.filter(({ type }) => type !== 'row')) {
      expect(
        panel.targets?.every(({ expr }) => expr.length > 5),
        panel.title,
      ).toBe(true);
    }
    for (const [i, a] of dashboard.panels.entries()) {
      for (const b of dashboard.panels.slice(i + 1)) {
        const [p, q] = [a.gridPos, b.gridPos];
        const apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y;
        expect(apart, `${a.title} / ${b.title}`).toBe(true);
      }
    }
  });
});
