import type { Hold } from '../../store/types.ts';
import { sameModel } from '../asking/same-model.ts';
import type { LoadedModelView, Server, ServerSnapshot } from '../types.ts';
import type { Booking } from './booked.ts';
import type { HoldBook } from './holds.ts';
import type { Candidate } from './in-the-way.ts';
import { findLoaded } from './proof.ts';
import { type Answers, holdKey, type LoadOrder, type LoadOutcome, type Mutable, NeedsAnswer, Stop } from './types.ts';

export interface ConsentParts {
  readonly server: Server;
  readonly holds: HoldBook;
  /** What holders have answered so far. */
  readonly answers: Answers;
  readonly isInUse: (model: string) => boolean;
}

/** Who must agree before a loaded model leaves for a load. Refusals and overrides go to the outcome as well. */
export class Consents {
  readonly #parts: ConsentParts;
  readonly #order: LoadOrder;
  readonly #outcome: Mutable<LoadOutcome>;

  constructor(parts: ConsentParts, order: LoadOrder, outcome: Mutable<LoadOutcome>) {
    this.#parts = parts;
    this.#order = order;
    this.#outcome = outcome;
  }

  /** Another context means a reload: whoever holds or uses the model now comes first. */
  async toReplace(before: ServerSnapshot, earlier: LoadedModelView | null, numCtx: number): Promise<readonly string[]> {
    if (earlier === null || findLoaded(before, earlier.name) === null) {
      return [];
    }
    const asked = this.#order.mayUnload.some((name) => sameModel(name, earlier.name));
    const { hold, inUse } = await this.#claim(earlier.name);
    if (hold === null && inUse && !(asked && this.#order.mayInterrupt)) {
      this.#outcome.wayOut = { numCtx, obstacles: [{ model: earlier.name, hold, inUse }] };
      throw new Stop('needs-room', 'reload-in-use', { model: earlier.name, ctx: earlier.contextLength ?? 0 });
    }
    if (hold === null || this.#mayTouch(hold)) {
      return [earlier.name];
    }
    this.#outcome.wayOut = { numCtx, obstacles: [{ model: earlier.name, hold, inUse }] };
    throw new Stop('refused', 'held-with-other-ctx', {
      model: earlier.name,
      holder: hold.holderName,
      ctx: earlier.contextLength ?? 0,
      wanted: numCtx,
    });
  }

  /** The models that may go: each named by the requester, and nobody's, or agreed to by its holder. */
  async toUnload(before: ServerSnapshot, earlier: LoadedModelView | null): Promise<readonly string[]> {
    const agreed: string[] = [];
    for (const wanted of this.#order.mayUnload) {
      const loaded = findLoaded(before, wanted);
      if (loaded === null || loaded.name === earlier?.name) {
        continue;
      }
      const { hold, inUse } = await this.#claim(loaded.name);
      const free = hold === null && (this.#order.mayInterrupt || !inUse);
      if (free || (hold !== null && this.#mayTouch(hold))) {
        agreed.push(loaded.name);
      }
    }
    return agreed;
  }

  /** Somebody else's claim on a model: a hold, or use. What the requester holds is theirs, used or not. */
  async #claim(model: string): Promise<{ readonly hold: Hold | null; readonly inUse: boolean }> {
    const hold = await this.#parts.holds.get(this.#parts.server.name, model);
    if (hold?.holderId === this.#order.by.id) {
      return { hold: null, inUse: false };
    }
    return { hold, inUse: this.#parts.isInUse(model) };
  }

  /**
   * Whether the holder lets the model go, or an administrator overrides the hold.
   * @throws NeedsAnswer when the holder has not been asked yet
   */
  #mayTouch(hold: Hold): boolean {
    const { by, overrideHolds } = this.#order;
    if (overrideHolds && by.isAdmin) {
      this.#outcome.overridden = [...this.#outcome.overridden, hold];
      return true;
    }
    const answer = this.#parts.answers.get(holdKey(hold));
    if (answer === undefined) {
      throw new NeedsAnswer(hold, this.#outcome.model);
    }
    if (answer === 'keep') {
      this.#outcome.kept = [...this.#outcome.kept, hold];
    }
    return answer === 'agree';
  }

  /** GPUs that the plan goes on and somebody else booked. */
  async toUseBooked(bookings: readonly Booking[], numCtx: number): Promise<void> {
    for (const booking of bookings) {
      if (!this.#mayTouch(booking)) {
        this.#outcome.wayOut = { numCtx, obstacles: [{ model: booking.model, hold: booking, inUse: false }] };
        const { model: gpus, holderName: holder, server } = booking;
        throw new Stop('refused', 'booked-by-others', { gpus, holder, server });
      }
    }
  }

  /** What could be unloaded to make room, with who would mind. */
  async candidates(
    snapshot: ServerSnapshot,
    earlier: LoadedModelView | null,
    agreed: readonly string[],
  ): Promise<readonly Candidate[]> {
    const others = (snapshot.models ?? []).filter(
      (other) => other.sizeVramBytes > 0 && other.name !== earlier?.name && !agreed.includes(other.name),
    );
    const leaves = (expiry: LoadedModelView['expiresAtMs']) =>
      typeof expiry === 'number' ? expiry : Number.POSITIVE_INFINITY;
    return Promise.all(
      others.map(async (other) => ({
        model: other.name,
        ...(await this.#claim(other.name)),
        leavesAtMs: leaves(other.expiresAtMs),
      })),
    );
  }
}
