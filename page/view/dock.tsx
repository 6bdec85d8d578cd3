import type { VerdictName } from '../../src/estimator/index.ts';
import { useWords } from './context.ts';
import { VerdictMark } from './verdict.tsx';

interface Properties {
  readonly verdict: VerdictName;
  readonly largest: number | null | undefined;
  readonly onShow: () => void;
}

/** On a narrow screen the answer is below the question: its short form stays in sight. */
export function Dock({ verdict, largest, onShow }: Properties) {
  const words = useWords();
  return (
    <button type="button" class={`dock ${verdict}`} onClick={onShow}>
      <VerdictMark verdict={verdict} />
      <span class="visually-hidden">{words.t('dock.show')}: </span>
      <strong>{words.shared(`fit.verdict.${verdict}`)}</strong>
      {typeof largest === 'number' && <span>{words.t('dock.up-to', { ctx: largest })}</span>}
    </button>
  );
}
