import { MIB } from '../../base/bytes.ts';
import { Lru } from '../../catalogue/lru.ts';
import type { OllamaModel } from '../../ollama/types.ts';
import type { Server, ServerSnapshot } from '../types.ts';
import { modelKey, sameModel } from './same-model.ts';

/** What tells which weights a model on a server runs. Unknown is `null`, or empty for the parent. */
export interface Weighted {
  readonly name: string;
  /** Of its manifest, hex. */
  readonly digest: string | null;
  readonly parentModel: string;
  /** Digest of the file of weights, hex: of the line `FROM …sha256-…` of its modelfile. */
  readonly weights: string | null;
}

/**
 * Whether two models of one server run the same weights: then one runner serves both, and loading one takes the place of
 * the other (Ollama keeps its runners by the path of the file of weights: server/sched.go, v0.33.0). The file decides
 * where both tell it; equal manifests, equal names and a common parent say the same.
 */
export function sameWeights(a: Weighted, b: Weighted): boolean {
  if (a.weights !== null && b.weights !== null) {
    return a.weights === b.weights;
  }
  if (sameModel(a.name, b.name) || (a.digest !== null && a.digest !== '' && a.digest === b.digest)) {
    return true;
  }
  const isParent = (parent: string, of: string) => parent !== '' && sameModel(parent, of);
  return isParent(a.parentModel, b.name) || isParent(b.parentModel, a.name) || isParent(a.parentModel, b.parentModel);
}

/** A model that is asked about, as far as the asker knows it. */
export interface AskedModel {
  readonly name: string;
  readonly digest?: string | null;
  readonly parentModel?: string;
}

/** Knows which models on the servers share their weights. */
export interface WeightsIndex {
  /**
   * Loaded models, as the server spells them, that a load of the model takes the place of. What is not known is asked of
   * the server, for a moment; never rejects.
   */
  replacedBy(server: Server, snapshot: ServerSnapshot, model: AskedModel): Promise<readonly string[]>;
  /** The same with what is known by now; the rest is found out meanwhile. */
  replacedByKnown(server: Server, snapshot: ServerSnapshot, model: AskedModel): readonly string[];
  /**
   * Other names on the server's disk of the same weights: copies, aliases, what they were made from. What is not known is
   * asked of the server, a few names at most; never rejects.
   * @param models what the server has
   */
  otherNames(server: Server, models: readonly OllamaModel[], model: OllamaModel): Promise<readonly string[]>;
}

/** An answer waits at most so long for the server's word, ms. */
const PATIENCE_MS = 800;
/** What a name without a digest stands for may change, and so may a failure; ms. */
const KEEP_MS = 60_000;
/** Loaded models that are asked about, and questions to one server at once. */
const MAX_LOADED = 16;
const MAX_ASKED_AT_ONCE = 4;
const MAX_REMEMBERED = 2_000;
/** Names that are asked about where nothing but their size tells that they may share weights. */
const MAX_ALIKE = 12;
/** Manifests of the same weights differ by texts and parameters, bytes. */
const TEXTS_BYTES = MIB;

interface Known {
  readonly weights: string | null;
  /** Since the epoch, ms; `Infinity`: a manifest never changes under its digest. */
  readonly untilMs: number;
}

/** Whether two names may stand for the same weights, by what the list of models tells of them. */
function mayShare(a: OllamaModel, b: OllamaModel): boolean {
  return (
    !sameModel(a.name, b.name) &&
    !b.isCloud &&
    a.details.family === b.details.family &&
    a.details.parameterSize === b.details.parameterSize &&
    a.details.quantization === b.details.quantization &&
    Math.abs(a.sizeBytes - b.sizeBytes) < TEXTS_BYTES
  );
}

/** @param now milliseconds since the epoch */
export function createWeightsIndex(now: () => number = Date.now): WeightsIndex {
  const known = new Lru<Known>(MAX_REMEMBERED);
  const asking = new Map<string, Promise<void>>();
  const askedOf = new Map<string, number>();

  const keyOf = (server: Server, model: AskedModel): string => `${server.name} ${model.digest || modelKey(model.name)}`;

  const ask = async (server: Server, model: AskedModel, key: string): Promise<void> => {
    let found: Known = { weights: null, untilMs: now() + KEEP_MS };
    askedOf.set(server.name, (askedOf.get(server.name) ?? 0) + 1);
    try {
      const { weights } = await server.ollama.show(model.name, { signal: AbortSignal.timeout(PATIENCE_MS) });
      found = { weights, untilMs: model.digest ? Number.POSITIVE_INFINITY : found.untilMs };
    } catch {
      // A server that does not say leaves names and manifests to tell.
    } finally {
      askedOf.set(server.name, askedOf.get(server.name)! - 1);
      known.set(key, found);
      asking.delete(key);
    }
  };

  /** What is known; what is not is on its way. */
  const look = (server: Server, model: AskedModel): { weights: string | null; coming: Promise<void> | null } => {
    const key = keyOf(server, model);
    const entry = known.get(key);
    if (entry !== undefined && now() < entry.untilMs) {
      return { weights: entry.weights, coming: null };
    }
    let coming = asking.get(key) ?? null;
    if (coming === null && (askedOf.get(server.name) ?? 0) < MAX_ASKED_AT_ONCE) {
      coming = ask(server, model, key);
      asking.set(key, coming);
    }
    return { weights: null, coming };
  };

  const weigh = (server: Server, snapshot: ServerSnapshot, model: AskedModel) => {
    const loaded = (snapshot.models ?? []).filter((one) => one.sizeBytes > 0 && !one.isCloud).slice(0, MAX_LOADED);
    // Nothing to replace, or the name says it: no question to the server is needed.
    const needed = loaded.length > 0 && !loaded.every((one) => sameModel(one.name, model.name));
    const looks = needed && snapshot.ollama.state === 'up' ? [model, ...loaded].map((one) => look(server, one)) : [];
    const own: Weighted = {
      name: model.name,
      digest: model.digest ?? null,
      parentModel: model.parentModel ?? '',
      weights: looks[0]?.weights ?? null,
    };
    return {
      coming: looks.flatMap(({ coming }) => (coming === null ? [] : [coming])),
      replaced: loaded
        .filter((one, index) =>
          sameWeights(own, {
            name: one.name,
            digest: one.digest,
            parentModel: one.details.parentModel,
            weights: looks[index + 1]?.weights ?? null,
          }),
        )
        .map(({ name }) => name),
    };
  };

  return {
    async replacedBy(server, snapshot, model) {
      // Each look asks a few more of them; all are known after as many rounds as there are portions.
      for (let round = 0; round <= MAX_LOADED / MAX_ASKED_AT_ONCE; round += 1) {
        const { coming } = weigh(server, snapshot, model);
        if (coming.length === 0) {
          break;
        }
        await Promise.all(coming);
      }
      return weigh(server, snapshot, model).replaced;
    },
    replacedByKnown: (server, snapshot, model) => weigh(server, snapshot, model).replaced,
    async otherNames(server, models, model) {
      const alike = models.filter((other) => mayShare(model, other)).slice(0, MAX_ALIKE);
      const weighted = async (one: OllamaModel): Promise<Weighted> => {
        await look(server, one).coming;
        const { name, digest, details } = one;
        return { name, digest, parentModel: details.parentModel, weights: look(server, one).weights };
      };
      const own = alike.length > 0 ? await weighted(model) : null;
      const same: string[] = [];
      for (const other of alike) {
        if (own !== null && sameWeights(own, await weighted(other))) {
          same.push(other.name);
        }
      }
      return same;
    },
  };
}
