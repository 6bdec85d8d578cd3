import { withOllamaUsage } from '../gpus/declared.ts';
import type { GpuSnapshot } from '../gpus/types.ts';
import type { RunningModel } from '../ollama/types.ts';
import type { ServerEnvironment } from '../settings/config.ts';
import { serverFigures } from './figures.ts';
import { viewGpus } from './gpu-views.ts';
import { heldBytes, type PlacementBook } from './placements.ts';
import type { LoadedModelView, OllamaStatus, ServerSnapshot } from './types.ts';

/** GPU numbers older than this allow no verdict, ms: three times the pace of watching, at least 30 s. */
const STALE_AFTER_MS = 30_000;

/** Everything a snapshot is made of. */
export interface SnapshotParts {
  readonly name: string;
  readonly env: Pick<ServerEnvironment, 'gpuOverheadBytes'>;
  readonly nowMs: number;
  readonly ollama: OllamaStatus;
  /** The latest list of loaded models that was read, with its time. */
  readonly models: { readonly list: readonly RunningModel[]; readonly atMs: number } | null;
  /** Whether that list belongs to the present status. */
  readonly modelsCurrent: boolean;
  /** The latest reading of the GPUs; `null`: none has ended yet. */
  readonly gpus: GpuSnapshot | null;
  /** The latest reading that was not a failure. */
  readonly goodGpus: GpuSnapshot | null;
  readonly incomplete: boolean;
  /** Where loaded models lie, as far as it is known. */
  readonly placements?: PlacementBook;
}

/** Puts a snapshot together. Pure: the same parts give the same snapshot. */
export function buildSnapshot(parts: SnapshotParts): ServerSnapshot {
  const models = parts.models?.list.map((model) => viewModel(model, parts.nowMs, parts.placements)) ?? null;
  const known = parts.modelsCurrent ? models : null;
  const failed = parts.gpus === null || parts.gpus.status === 'failed';
  const base = failed ? parts.goodGpus : parts.gpus;
  const gpus = base === null ? null : withOllamaUsage(base, known === null ? null : known.map(heldBytes));
  const gpuViews = viewGpus(gpus, known).map((view, i) =>
    // What is declared is known for the empty server even when Ollama does not tell what it holds.
    base?.basis === 'declared' ? { ...view, freeWhenEmptyBytes: base.gpus[i]?.freeBytes ?? null } : view,
  );
  const gpuAgeMs = gpus === null ? null : Math.max(0, parts.nowMs - gpus.takenAtMs);
  return {
    name: parts.name,
    takenAtMs: parts.nowMs,
    ollama: parts.ollama,
    models,
    modelsAtMs: parts.models?.atMs ?? null,
    modelsStale: models !== null && (!parts.modelsCurrent || parts.nowMs - (parts.models?.atMs ?? 0) > STALE_AFTER_MS),
    gpus,
    gpuViews,
    gpuAgeMs,
    gpuStale: gpuAgeMs !== null && gpuAgeMs > STALE_AFTER_MS,
    gpuProblems: parts.gpus?.errors ?? [],
    missingGpus: parts.gpus?.missing ?? [],
    figures: serverFigures(gpuViews, known, parts.env.gpuOverheadBytes),
    incomplete: parts.incomplete,
  };
}

/** A model of /api/ps as people see it. */
function viewModel(model: RunningModel, nowMs: number, placements: PlacementBook | undefined): LoadedModelView {
  const placement = placements?.of(model) ?? undefined;
  const onGpu = placement === undefined ? model.sizeVramBytes : model.sizeBytes - placement.hostBytes;
  return {
    ...(placement === undefined ? {} : { placement }),
    name: model.name,
    digest: model.digest,
    sizeBytes: model.sizeBytes,
    sizeVramBytes: model.sizeVramBytes,
    gpuShare: model.sizeBytes > 0 ? Math.min(1, onGpu / model.sizeBytes) : null,
    contextLength: model.contextLength,
    expiresAtMs: model.pinned ? 'pinned' : model.expiresAtMs,
    // Ollama's own command-line tool prints "Stopping…" under the same condition (cmd/cmd.go, v0.33.0).
    stopping: !model.pinned && model.expiresAtMs !== null && model.expiresAtMs < nowMs,
    details: model.details,
    isCloud: model.isCloud,
    isMlx: model.isMlx,
  };
}
