import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { fromAddress, toAddress } from '../question/address.ts';
import type { Question } from '../question/question.ts';

/** A browser takes a limited number of changes of its address; while a slider moves, the last one counts. */
const WRITE_MS = 200;

/** The question, kept in the page's address both ways. */
export function useQuestion(): [Question, (change: Partial<Question>) => void] {
  const [question, setQuestion] = useState(() => fromAddress(location.hash));
  const pending = useRef<ReturnType<typeof setTimeout>>(undefined);
  const written = useRef(location.hash);

  useEffect(() => {
    const read = () => {
      if (location.hash !== written.current) {
        written.current = location.hash;
        clearTimeout(pending.current);
        setQuestion(fromAddress(location.hash));
      }
    };
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);

  useEffect(() => {
    clearTimeout(pending.current);
    pending.current = setTimeout(() => {
      // Somebody has gone to another address, which is about to be read.
      if (location.hash !== written.current) {
        return;
      }
      history.replaceState(null, '', `#${toAddress(question)}`);
      written.current = location.hash;
    }, WRITE_MS);
  }, [question]);

  const change = useCallback((part: Partial<Question>) => setQuestion((now) => ({ ...now, ...part })), []);
  return [question, change];
}

/** The address of a question on this page. */
export function linkTo(question: Question): string {
  return `${location.origin}${location.pathname}#${toAddress(question)}`;
}
