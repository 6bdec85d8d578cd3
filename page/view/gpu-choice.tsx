import { useId, useState } from 'preact/hooks';
import type { Coded } from '../../src/base/coded.ts';
import { formatGib } from '../../src/base/format.ts';
import { cardNames, GpuListError } from '../../src/estimator/index.ts';
import { searchNames } from '../models/search.ts';
import { devicesOf, groupsOf, readGroups, shapeOf, shortName } from '../question/groups.ts';
import type { GpuGroup } from '../question/question.ts';
import { CardPicture } from './card-picture.tsx';
import { Combobox, type ComboOption } from './combobox.tsx';
import { useWords } from './context.ts';

interface Properties {
  readonly gpus: readonly GpuGroup[];
  readonly onChange: (gpus: readonly GpuGroup[]) => void;
}

/** One press away: cards and sizes that people ask for most. */
const USUAL = ['RTX 3060', 'RTX 3090', 'RTX 4090', 'RTX 5090', 'A100 80GB', 'H100', '8GiB', '24GiB'];
const MAX_GPUS = 64;
const CARDS = cardNames().map(shortName);

export function GpuChooser({ gpus, onChange }: Properties) {
  const words = useWords();
  const id = useId();
  const [failure, setFailure] = useState<Coded | null>(null);
  const add = (text: string) => {
    try {
      const added = readGroups(text);
      const all = devicesOf([...gpus, ...added]);
      if (all.length > MAX_GPUS) {
        throw new GpuListError('gpus-too-many', { max: MAX_GPUS });
      }
      onChange(groupsOf(all));
      setFailure(null);
    } catch (error) {
      if (!(error instanceof GpuListError)) {
        throw error;
      }
      setFailure({ code: error.code, params: error.params });
    }
  };
  const count = (index: number, change: number) => {
    const changed = gpus.map((group, at) => (at === index ? { ...group, count: group.count + change } : group));
    onChange(changed.filter((group) => group.count > 0));
  };
  const options = (typed: string): readonly ComboOption[] => {
    // `2x 40` still looks for the card behind the count.
    const [, counted = '', name = typed] = /^(\s*\d{1,2}\s*[x×*]\s*)(.*)$/i.exec(typed) ?? [];
    const found = searchNames(CARDS, name).map((card) => ({ value: counted + card, label: counted + card }));
    return isReadable(typed) && !found.some(({ value }) => value === typed)
      ? [{ value: typed, label: typed }, ...found]
      : found;
  };
  const all = devicesOf(gpus);
  const free = all.reduce((sum, { freeBytes }) => sum + freeBytes, 0);
  return (
    <section class="card gpus" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        {words.t('gpus')}
        <span class="aside">{all.length === 0 ? '' : words.t('gpus.sum', { count: all.length, bytes: free })}</span>
      </h2>
      <ul class="groups">
        {gpus.map((group, index) => (
          <Group key={`${index} ${group.device.name}`} group={group} count={(change) => count(index, change)} />
        ))}
      </ul>
      {all.length === 0 && <p class="hint">{words.t('gpus.none')}</p>}
      <Combobox
        label={words.t('gpus.add')}
        placeholder={words.t('gpus.placeholder')}
        value=""
        options={options}
        describedBy={`${id}-hint`}
        invalid={failure !== null}
        onChoose={add}
      />
      {failure !== null && (
        <p class="problem" role="alert">
          {words.failure(failure)}
        </p>
      )}
      <div class="chips">
        {USUAL.map((card) => (
          <button type="button" key={card} class="chip" onClick={() => add(card)}>
            <span aria-hidden="true">+ </span>
            {card}
          </button>
        ))}
      </div>
      <p id={`${id}-hint`} class="hint">
        {words.t('gpus.hint')}
      </p>
    </section>
  );
}

function isReadable(text: string): boolean {
  try {
    return readGroups(text).length > 0;
  } catch {
    return false;
  }
}

function Group({ group, count }: { readonly group: GpuGroup; readonly count: (change: number) => void }) {
  const words = useWords();
  const { device } = group;
  const size = formatGib(device.totalBytes, words.locale);
  const name = device.name === 'GPU' ? `GPU ${size}` : shortName(device.name);
  const sizes = { bytes: device.totalBytes, free: device.freeBytes };
  return (
    <li>
      <CardPicture shape={shapeOf(device.name)} />
      <span class="name">
        <strong>{name}</strong>
        <span class="detail">{words.t(device.freeBytes === device.totalBytes ? 'gpus.each' : 'gpus.free', sizes)}</span>
      </span>
      <span class="counter">
        <button
          type="button"
          aria-label={words.t(group.count === 1 ? 'gpus.remove' : 'gpus.fewer', { name })}
          onClick={() => count(-1)}
        >
          {group.count === 1 ? '×' : '−'}
        </button>
        <output>{group.count}</output>
        <button type="button" aria-label={words.t('gpus.more', { name })} onClick={() => count(1)}>
          +
        </button>
      </span>
    </li>
  );
}
