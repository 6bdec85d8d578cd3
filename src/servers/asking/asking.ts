import type { Calibration } from '../../estimator/plan/calibration.ts';
import type { ModelSpec } from '../../estimator/types.ts';
import type { Server, ServerSnapshot, SnapshotOptions } from '../types.ts';
import type { FoundModel, ModelFinder } from './models.ts';
import { computedIn, foundIn } from './quantized-model.ts';
import { type Asked, buildQuestion, type Question } from './question.ts';
import type { AskedModel, WeightsIndex } from './same-weights.ts';

/** A question with where its model was found. */
export interface GatheredQuestion extends Question {
  readonly found: FoundModel;
}

/** Makes questions: gathers what they need and builds them. */
export interface Asking {
  /**
   * A fresh snapshot and the model spec, side by side, and the question they make.
   * Rejects with typed errors: `model-unknown`, `ctx-beyond-training`, ….
   * @param server `null`: GPUs and version come with the question
   */
  gather(
    server: Server | null,
    model: string,
    asked: Asked,
    signal: AbortSignal,
    freshness?: SnapshotOptions,
  ): Promise<GatheredQuestion>;
  /**
   * The question with what is known already: the last snapshot and the built-in list, for while a server keeps everybody
   * waiting. `null` where the list does not have the model.
   */
  gatherAtOnce(server: Server, model: string, asked: Asked): Promise<GatheredQuestion | null>;
  /** The question where snapshot and spec are at hand. Rejects with a CodedError `ctx-beyond-training`. */
  about(server: Server, snapshot: ServerSnapshot, spec: ModelSpec, asked: Asked, model?: AskedModel): Promise<Question>;
}

export interface AskingParts {
  readonly models: ModelFinder;
  readonly weights: WeightsIndex;
  /** What loads on a server taught, by its name; `null` = nothing. */
  readonly calibration: (server: string) => Calibration | null;
}

const FRESH: SnapshotOptions = { maxAgeMs: 2_000, timeoutMs: 2_000 };
/** What the last reading said will do. */
const KNOWN: SnapshotOptions = { maxAgeMs: 60_000, timeoutMs: 50 };

export function createAsking({ models, weights, calibration }: AskingParts): Asking {
  const learned = (server: Server | null) => (server === null ? null : calibration(server.name));
  return {
    async gather(server, model, asked, signal, freshness = FRESH) {
      const options = { restricted: asked.restricted };
      const [snapshot, named] = await Promise.all([
        server === null ? null : server.snapshot(freshness),
        models.find(model, server, signal, options),
      ]);
      const target = asked.quantization;
      const found = target === undefined ? named : await foundIn(models, named, { model, target, options }, signal);
      const { spec } = found;
      const replaced =
        server === null || snapshot === null || found.source === 'computed'
          ? []
          : await weights.replacedBy(server, snapshot, { name: spec.name });
      return { found, ...buildQuestion({ server, snapshot, spec, calibration: learned(server), replaced }, asked) };
    },
    async gatherAtOnce(server, model, asked) {
      const listed = models.findListed(model);
      if (listed === null) {
        return null;
      }
      const found = asked.quantization === undefined ? listed : computedIn(listed, asked.quantization);
      const { spec } = found;
      const snapshot = await server.snapshot(KNOWN);
      const replaced = weights.replacedByKnown(server, snapshot, { name: spec.name });
      return { found, ...buildQuestion({ server, snapshot, spec, calibration: learned(server), replaced }, asked) };
    },
    async about(server, snapshot, spec, asked, model = { name: spec.name }) {
      const replaced = await weights.replacedBy(server, snapshot, model);
      return buildQuestion({ server, snapshot, spec, calibration: learned(server), replaced }, asked);
    },
  };
}
