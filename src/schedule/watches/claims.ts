import { sameModel } from '../../servers/asking/same-model.ts';
import type { ServerSnapshot } from '../../servers/types.ts';
import type { Watch } from '../../store/types.ts';

/** How long memory is kept for whoever was told, ms. */
export const HAND_OVER_MS = 5 * 60_000;
/** So much of the promised memory in use means that it was taken. */
const TAKEN_SHARE = 0.8;

/** Memory promised to somebody who was told that it is free. */
interface Claim {
  readonly watch: Pick<Watch, 'id' | 'ownerId' | 'kind' | 'model'>;
  /** Bytes by GPU. */
  readonly takes: ReadonlyMap<string, number>;
  readonly sumBytes: number;
  /** Free on all GPUs when it was promised. */
  readonly freeBytes: number;
  readonly untilMs: number;
}

/** Promises of one server. A promise ends with its time, or when the memory is seen to be in use. */
export class Claims {
  #claims: Claim[] = [];

  /** @param toldAtMs when the person was told; the promise counts from then on */
  make(watch: Claim['watch'], takes: ReadonlyMap<string, number>, snapshot: ServerSnapshot, toldAtMs: number): void {
    this.#claims.push({
      watch,
      takes,
      sumBytes: [...takes.values()].reduce((sum, bytes) => sum + bytes, 0),
      freeBytes: snapshot.figures.freeNow?.sum ?? 0,
      untilMs: toldAtMs + HAND_OVER_MS,
    });
  }

  drop(watchId: number): void {
    this.#claims = this.#claims.filter((claim) => claim.watch.id !== watchId);
  }

  /** Ends what is over, and gives what is still promised by GPU, bytes. */
  settle(snapshot: ServerSnapshot, nowMs: number): Map<string, number> {
    const free = snapshot.figures.freeNow?.sum ?? 0;
    this.#claims = this.#claims.filter((claim) => {
      const { model, kind } = claim.watch;
      if (nowMs >= claim.untilMs) {
        return false;
      }
      if (kind === 'when-fits') {
        return model === null || !(snapshot.models ?? []).some((loaded) => sameModel(loaded.name, model));
      }
      return claim.freeBytes - free < TAKEN_SHARE * claim.sumBytes;
    });
    return this.promised();
  }

  /** Bytes promised by GPU. @param except promises to this person do not count */
  promised(except?: string): Map<string, number> {
    const promised = new Map<string, number>();
    for (const claim of this.#claims) {
      if (claim.watch.ownerId === except) {
        continue;
      }
      for (const [uuid, bytes] of claim.takes) {
        promised.set(uuid, (promised.get(uuid) ?? 0) + bytes);
      }
    }
    return promised;
  }

  get size(): number {
    return this.#claims.length;
  }
}
