/** The simulated cards as nvidia_gpu_exporter prints them: bytes, ratios, UUIDs without their `GPU-`. */

import type { GpuProcessView, GpuView } from './types.ts';

const GAUGES: readonly (readonly [name: string, help: string, value: (gpu: GpuView) => number])[] = [
  ['memory_total_bytes', 'memory.total [MiB]', (gpu) => gpu.totalBytes],
  ['memory_used_bytes', 'memory.used [MiB]', (gpu) => gpu.usedBytes],
  ['memory_free_bytes', 'memory.free [MiB]', (gpu) => gpu.freeBytes],
  ['memory_reserved_bytes', 'memory.reserved [MiB]', (gpu) => gpu.reservedBytes],
  ['utilization_gpu_ratio', 'utilization.gpu [%]', (gpu) => gpu.utilizationPercent / 100],
  ['temperature_gpu', 'temperature.gpu', (gpu) => gpu.temperatureC],
  ['power_draw_watts', 'power.draw [W]', (gpu) => gpu.powerWatts],
  ['power_limit_watts', 'power.limit [W]', (gpu) => gpu.powerLimitWatts],
];

/** The page of /metrics. */
export function renderMetrics(gpus: readonly GpuView[], processes: readonly GpuProcessView[], nowMs: number): string {
  const lines: string[] = [];
  const gauge = (name: string, help: string, samples: readonly (readonly [labels: string, value: number])[]) => {
    lines.push(`# HELP nvidia_smi_${name} ${help}`, `# TYPE nvidia_smi_${name} gauge`);
    for (const [labels, value] of samples) {
      lines.push(`nvidia_smi_${name}${labels} ${goFloat(value)}`);
    }
  };
  gauge('command_exit_code', 'Exit code of the last scrape command', [['', 0]]);
  gauge('last_collect_success', 'Whether the last collection succeeded', [['', 1]]);
  gauge('last_collect_success_timestamp_seconds', 'When the last collection succeeded', [['', nowMs / 1000]]);
  gauge(
    'gpu_info',
    'A metric with a constant 1 value labeled by gpu facts',
    gpus.map((gpu) => [infoLabels(gpu), 1]),
  );
  for (const [name, help, value] of GAUGES) {
    gauge(
      name,
      help,
      gpus.map((gpu) => [`{uuid="${bareUuid(gpu.uuid)}"}`, value(gpu)]),
    );
  }
  gauge(
    'compute_app_used_memory_bytes',
    'Memory used by a compute process',
    processes.map((app) => [
      `{uuid="${bareUuid(app.gpuUuid)}",pid="${app.pid}",process_name="${escapeLabel(app.name)}"}`,
      app.usedBytes,
    ]),
  );
  return `${lines.join('\n')}\n`;
}

function infoLabels(gpu: GpuView): string {
  const labels = {
    uuid: bareUuid(gpu.uuid),
    name: gpu.name,
    driver_version: gpu.driverVersion,
    pci_bus_id: gpu.pciBusId,
    index: String(gpu.index),
    compute_cap: gpu.computeCapability.toFixed(1),
  };
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',')}}`;
}

function bareUuid(uuid: string): string {
  return uuid.replace(/^GPU-/, '').toLowerCase();
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** Go prints large numbers with an exponent of at least two digits. */
function goFloat(value: number): string {
  if (Math.abs(value) < 1e6) {
    return String(value);
  }
  const [mantissa, exponent] = value.toExponential().split('e');
  return `${mantissa}e+${exponent!.slice(1).padStart(2, '0')}`;
}
