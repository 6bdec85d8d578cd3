import { singleLine } from '../../base/text.ts';
import type { KeptModel, ModelSet, ModelSetRepository } from '../../store/types.ts';
import { ScheduleError } from '../posts/cron.ts';

export type { KeptModel, ModelSet } from '../../store/types.ts';

/** Sets that one guild keeps. */
const MOST_SETS = 50;
/** Characters of a set's name. */
export const MOST_NAME = 40;

/** Who keeps a set. */
export interface SetOwner {
  readonly id: string;
  readonly name: string;
}

/** Sets of models under names, each guild its own; the terminal's guild is empty. Everything rejects with a StoreError too. */
export interface SetBook {
  /** @throws ScheduleError `sets-too-many`, `set-name-empty` */
  keep(guildId: string, name: string, models: readonly KeptModel[], owner: SetOwner): Promise<ModelSet>;
  /** @throws ScheduleError `set-unknown` */
  get(guildId: string, name: string): Promise<ModelSet>;
  list(guildId: string): Promise<readonly ModelSet[]>;
  /**
   * @param ownerId whose sets alone may go; `null` = anybody's
   * @throws ScheduleError `set-unknown`, `set-not-yours`
   */
  drop(guildId: string, name: string, ownerId: string | null): Promise<ModelSet>;
}

/** A set's name as it is kept: on one line, without what cannot be seen. */
export function setName(text: string): string {
  return singleLine(text.normalize('NFKC'), MOST_NAME);
}

export function createSetBook(repository: ModelSetRepository, now: () => number): SetBook {
  const get = async (guildId: string, name: string): Promise<ModelSet> => {
    const found = await repository.get(guildId, setName(name));
    if (found === null) {
      throw new ScheduleError('set-unknown', { name: setName(name) });
    }
    return found;
  };
  return {
    async keep(guildId, name, models, owner) {
      const set: ModelSet = {
        guildId,
        name: setName(name),
        models,
        ownerId: owner.id,
        ownerName: owner.name.slice(0, 100),
        createdAtMs: now(),
      };
      if (set.name === '') {
        throw new ScheduleError('set-name-empty');
      }
      if (!(await repository.put(set, MOST_SETS))) {
        throw new ScheduleError('sets-too-many', { max: MOST_SETS });
      }
      return set;
    },
    get,
    list: (guildId) => repository.list(guildId),
    async drop(guildId, name, ownerId) {
      const set = await get(guildId, name);
      if (ownerId !== null && set.ownerId !== ownerId) {
        throw new ScheduleError('set-not-yours', { name: set.name });
      }
      await repository.remove(guildId, set.name);
      return set;
    },
  };
}
