import { useEffect, useState } from 'preact/hooks';
import { useWords } from './context.ts';

interface Properties {
  readonly label: string;
  readonly done: string;
  readonly text: () => string;
}

/** Copies, and says so for a while. */
export function CopyButton({ label, done, text }: Properties) {
  const words = useWords();
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') {
      return undefined;
    }
    const later = setTimeout(() => setState('idle'), 2_000);
    return () => clearTimeout(later);
  }, [state]);
  return (
    <button
      type="button"
      class="button"
      onClick={() => {
        navigator.clipboard.writeText(text()).then(
          () => setState('done'),
          () => setState('failed'),
        );
      }}
    >
      <span aria-live="polite">
        {state === 'done' ? done : state === 'failed' ? words.t('failed', { code: 'clipboard' }) : label}
      </span>
    </button>
  );
}
