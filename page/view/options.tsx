import { useId, useState } from 'preact/hooks';
import { KV_CACHE_TYPES, type KvCacheType, SWEEP_TARGETS } from '../../src/estimator/index.ts';
import { isVersion } from '../question/address.ts';
import { type FlashChoice, LLAMA_CPP, MAX_SLOTS, NEWEST_OLLAMA, type Question } from '../question/question.ts';
import { useWords } from './context.ts';
import { Segments } from './segments.tsx';

interface Properties {
  readonly question: Question;
  readonly onChange: (change: Partial<Question>) => void;
}

/** Versions at which Ollama's way with memory changed. */
const VERSIONS = ['0.30.0', '0.24.0', '0.20.0', '0.15.5', '0.13.5', '0.12.11', '0.12.10', '0.11.4', '0.9.6', '0.6.8'];
const OTHER = 'other';

export function Options({ question, onChange }: Properties) {
  const words = useWords();
  const id = useId();
  const { runner, kv, slots, flash, quant, server } = question;
  const [isOther, setOther] = useState(false);
  const [version, setVersion] = useState('');
  const known = [NEWEST_OLLAMA, ...VERSIONS];
  const versions = runner === LLAMA_CPP || known.includes(runner) ? known : [runner, ...known];
  const usual: readonly KvCacheType[] = ['f16', 'q8_0', 'q4_0'];
  const others = [...KV_CACHE_TYPES].filter((type) => !usual.includes(type as KvCacheType)) as KvCacheType[];
  return (
    <section class="card options" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{words.t('options')}</h2>
      <div class="option-grid">
        {server === null && (
          <label class="field">
            <span>{words.t('runner')}</span>
            <select
              value={isOther ? OTHER : runner}
              onChange={(event) => {
                const chosen = event.currentTarget.value;
                setOther(chosen === OTHER);
                if (chosen !== OTHER) {
                  onChange({ runner: chosen });
                }
              }}
            >
              {versions.map((one) => (
                <option key={one} value={one}>
                  {words.t(one === NEWEST_OLLAMA ? 'runner.newest' : 'runner.ollama', { version: one })}
                </option>
              ))}
              <option value={LLAMA_CPP}>{words.t('runner.llama-cpp')}</option>
              <option value={OTHER}>{words.t('runner.other')}</option>
            </select>
          </label>
        )}
        {isOther && server === null && (
          <label class="field">
            <span>{words.t('runner.version')}</span>
            <input
              type="text"
              placeholder="0.12.10"
              value={version}
              aria-invalid={version !== '' && !isVersion(version)}
              aria-describedby={version !== '' && !isVersion(version) ? `${id}-version` : undefined}
              onInput={(event) => {
                const typed = event.currentTarget.value.trim();
                setVersion(typed);
                if (isVersion(typed)) {
                  onChange({ runner: typed.replace(/^v/, '') });
                }
              }}
            />
            {version !== '' && !isVersion(version) && (
              <span id={`${id}-version`} class="problem">
                {words.t('runner.bad')}
              </span>
            )}
          </label>
        )}
        <label class="field">
          <span>{words.t('quant')}</span>
          <select value={quant ?? ''} onChange={(event) => onChange({ quant: event.currentTarget.value || null })}>
            <option value="">{words.t('quant.own')}</option>
            {(quant === null || SWEEP_TARGETS.includes(quant) ? SWEEP_TARGETS : [quant, ...SWEEP_TARGETS]).map(
              (target) => (
                <option key={target} value={target}>
                  {target}
                </option>
              ),
            )}
          </select>
        </label>
        <Segments<string>
          label={words.t('kv')}
          value={kv ?? (server === null ? 'f16' : '')}
          choices={[
            // A server has settings of its own.
            ...(server === null ? [] : [{ value: '', label: words.t('slots.auto') }]),
            ...[...usual, ...(kv !== null && others.includes(kv) ? [kv] : [])].map((type) => ({
              value: type,
              label: type,
            })),
          ]}
          onChange={(type) =>
            onChange({ kv: type === '' || (type === 'f16' && server === null) ? null : (type as KvCacheType) })
          }
        />
        <Segments<FlashChoice>
          label={words.t('flash')}
          value={flash}
          choices={(['auto', 'on', 'off'] as const).map((choice) => ({
            value: choice,
            label: words.t(`flash.${choice}`),
          }))}
          onChange={(choice) => onChange({ flash: choice })}
        />
        <Segments
          label={words.t('slots')}
          value={String(slots ?? '')}
          choices={[
            { value: '', label: words.t('slots.auto') },
            ...[...new Set([1, 2, 4, 8, ...(slots === null ? [] : [slots])])]
              .filter((count) => count <= MAX_SLOTS)
              .sort((a, b) => a - b)
              .map((count) => ({ value: String(count), label: String(count) })),
          ]}
          onChange={(count) => onChange({ slots: count === '' ? null : Number(count) })}
        />
      </div>
    </section>
  );
}
