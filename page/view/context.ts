import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { createWords, type Words } from '../words/translate.ts';

export const WordsContext = createContext<Words>(createWords('en'));

/** The words of the language that is chosen. */
export function useWords(): Words {
  return useContext(WordsContext);
}
