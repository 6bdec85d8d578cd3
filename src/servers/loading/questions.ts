import { orAborted } from '../../base/wait.ts';
import { type AskHolder, type Consent, type ConsentQuestion, holdKey } from './types.ts';

/** A holder who has just said no (or nothing) is not asked again for this long, ms. */
const ANSWER_STANDS_MS = 2 * 60_000;

interface Settled {
  readonly answer: Consent;
  readonly atMs: number;
  /** Who knows of it. */
  readonly known: Set<string>;
}

/** Questions to holders, one at a time about each hold: a crowd that wants the same model rings once. */
export interface Questions {
  /**
   * The holder's answer; `changed` when somebody else's question was answered with yes meanwhile: look again, the model
   * may be gone or another's.
   * @throws the signal's reason when the asker leaves
   */
  ask(question: ConsentQuestion): Promise<Consent | 'changed'>;
}

export function createQuestions(askHolder: AskHolder, now: () => number): Questions {
  const open = new Map<string, Promise<Consent | 'changed'>>();
  const settled = new Map<string, Settled>();

  const remember = ({ hold, by }: ConsentQuestion, answer: Consent) => {
    for (const [key, { atMs }] of settled) {
      if (now() - atMs >= ANSWER_STANDS_MS) {
        settled.delete(key);
      }
    }
    settled.set(holdKey(hold), { answer, atMs: now(), known: new Set([by.id]) });
  };

  /** What an answer given just now means to somebody else. */
  const recall = ({ hold, by }: ConsentQuestion): 'keep' | 'changed' | null => {
    const last = settled.get(holdKey(hold));
    if (last === undefined || now() - last.atMs >= ANSWER_STANDS_MS) {
      return null;
    }
    if (last.answer === 'keep') {
      return 'keep';
    }
    // The model is about to go to whoever got the yes. Each is sent back once to look; then the holder is asked again.
    if (last.known.has(by.id)) {
      return null;
    }
    last.known.add(by.id);
    return 'changed';
  };

  const join = async (others: Promise<Consent | 'changed'>, signal: AbortSignal): Promise<Consent | 'changed'> => {
    const answer = await orAborted(others, signal);
    return answer === 'keep' ? 'keep' : 'changed';
  };

  return {
    async ask(question) {
      const { hold, signal } = question;
      signal.throwIfAborted();
      const key = holdKey(hold);
      const recalled = recall(question);
      if (recalled !== null) {
        return recalled;
      }
      const others = open.get(key);
      if (others !== undefined) {
        return join(others, signal);
      }
      const asked = askHolder(question);
      // Whoever leaves takes the question along; that is nobody's no.
      open.set(
        key,
        asked.then((answer) => (signal.aborted ? 'changed' : answer)),
      );
      const answer = await asked;
      open.delete(key);
      signal.throwIfAborted();
      remember(question, answer);
      return answer;
    },
  };
}
