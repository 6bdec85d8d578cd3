import { useId, useRef } from 'preact/hooks';
import { type ModelSpec, trainingContext } from '../../src/estimator/index.ts';
import { readHubAddress } from '../models/hub-address.ts';
import { searchNames } from '../models/search.ts';
import type { ModelState } from '../models/use-model.ts';
import type { ModelChoice } from '../question/question.ts';
import { Combobox, type ComboOption } from './combobox.tsx';
import { useWords } from './context.ts';

interface Properties {
  readonly names: readonly string[];
  /** Models that the chosen server has; empty without one. */
  readonly serverNames: readonly string[];
  readonly choice: ModelChoice;
  readonly model: ModelState;
  readonly onChoose: (choice: ModelChoice) => void;
  readonly onFiles: (files: readonly File[]) => void;
}

export function ModelChooser({ names, serverNames, choice, model, onChoose, onFiles }: Properties) {
  const words = useWords();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const options = (typed: string): readonly ComboOption[] => {
    const place = readHubAddress(typed);
    const own = searchNames(serverNames, typed).map((name) => ({
      value: `server ${name}`,
      label: name,
      detail: words.t('model.from.server'),
    }));
    const listed = searchNames(names, typed).map((name) => ({ value: `list ${name}`, label: name }));
    const hub =
      place === null
        ? []
        : [
            {
              value: `hub ${typed.trim()}`,
              label: words.t('model.hub', { name: `${place.owner}/${place.name}`, host: place.host }),
            },
          ];
    return [...hub, ...own, ...listed];
  };
  const choose = (value: string) => {
    const [, from, name] = /^(list|hub|server) (.+)$/s.exec(value) ?? [];
    if (from !== undefined && name !== undefined) {
      onChoose({ from: from as 'list' | 'hub' | 'server', name });
    } else {
      onChoose({ from: readHubAddress(value) === null ? 'list' : 'hub', name: value.trim().slice(0, 300) });
    }
  };
  return (
    <section class="card model" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{words.t('model')}</h2>
      <Combobox
        label={words.t('model')}
        placeholder={words.t('model.placeholder')}
        value={choice.name}
        options={options}
        none={words.t('model.none')}
        describedBy={`${id}-hint`}
        invalid={model.state === 'failed'}
        onChoose={choose}
      />
      <ModelFacts model={model} choice={choice} onChoose={onChoose} />
      <p id={`${id}-hint`} class="hint">
        {words.t('model.hint', { count: names.length })}{' '}
        <button type="button" class="link" onClick={() => input.current?.click()}>
          {words.t('model.open')}
        </button>
      </p>
      <input
        ref={input}
        type="file"
        accept=".gguf"
        multiple
        hidden
        aria-label={words.t('model.open')}
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
    </section>
  );
}

function ModelFacts({ model, choice, onChoose }: Pick<Properties, 'model' | 'choice' | 'onChoose'>) {
  const words = useWords();
  if (model.state === 'loading') {
    return (
      <p class="facts" aria-live="polite">
        {words.t('model.loading', { name: choice.name })}
      </p>
    );
  }
  if (model.state === 'file-missing') {
    return <p class="problem">{words.t('model.file-gone', { name: choice.name })}</p>;
  }
  if (model.state === 'failed') {
    return (
      <div class="problem" role="alert">
        <p>{words.failure(model.failure)}</p>
        {model.nearest.length > 0 && (
          <p>
            {words.t('model.nearest')}{' '}
            {model.nearest.map((name) => (
              <button type="button" key={name} class="chip" onClick={() => onChoose({ from: 'list', name })}>
                {name}
              </button>
            ))}
          </p>
        )}
      </div>
    );
  }
  const { spec } = model.found;
  const trained = trainingContext(spec);
  const params = { architecture: spec.architecture, layers: layersOf(spec), trained, bytes: spec.fileBytes ?? 0 };
  return (
    <p class="facts">
      <span class="origin">{words.t(`model.from.${choice.from}`)}</span>
      {words.t(trained > 0 ? 'model.facts' : 'model.facts-untold', params)}
      {choice.from === 'file' && <span class="detail"> {words.t('link.file')}</span>}
    </p>
  );
}

function layersOf({ architecture, metadata }: ModelSpec): number {
  const layers = metadata[`${architecture}.block_count`];
  return typeof layers === 'number' ? layers : 0;
}
