import { singleLine } from '../../base/text.ts';
import type { GpuError } from '../types.ts';
import { gpuError } from '../values.ts';
import type { Sample } from './exposition.ts';
import { label } from './page.ts';

/** Labels by which exporters name the machine; a Prometheus server's `instance` is the exporter's address. */
const NODE_LABELS = ['Hostname', 'nodename', 'node', 'instance', 'hostname', 'host'] as const;
/** Machines that an error names. */
const NAMED_HOSTS = 8;

/** The samples of one machine: all of them where the page is of one, else those of the machine named. */
export function chooseNode(
  samples: readonly Sample[],
  wanted: string | undefined,
  isOfGpu: (metric: string) => boolean,
): { readonly samples: readonly Sample[] } | { readonly error: GpuError } {
  const nodeOf = (sample: Sample) => label(sample, ...NODE_LABELS);
  const nodes = new Set<string>();
  for (const sample of samples) {
    const node = isOfGpu(sample.name) ? nodeOf(sample) : undefined;
    if (node !== undefined && nodes.size < 1_000) {
      nodes.add(node);
    }
  }
  const names = [...nodes]
    .map((node) => singleLine(node, 64))
    .slice(0, NAMED_HOSTS)
    .join(', ');
  if (wanted !== undefined) {
    const ours = samples.filter((sample) => (nodeOf(sample) ?? wanted) === wanted);
    return nodes.size === 0 || nodes.has(wanted)
      ? { samples: ours }
      : { error: gpuError('host-not-on-page', { host: singleLine(wanted, 64), hosts: names }) };
  }
  return nodes.size > 1 ? { error: gpuError('several-hosts', { hosts: names }) } : { samples };
}
