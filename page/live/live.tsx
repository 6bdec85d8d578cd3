/** The live part: loaded only where the bot serves the page with its servers. */

import type { Question } from '../question/question.ts';
import { useWords } from '../view/context.ts';
import { Login } from './login.tsx';
import { Servers } from './servers.tsx';
import type { Live } from './use-live.ts';

export { useLive } from './use-live.ts';

interface Properties {
  readonly live: Live;
  readonly question: Question;
  readonly onServer: (server: string | null) => void;
}

export function LivePanel({ live, question, onServer }: Properties) {
  const words = useWords();
  const { session, state, failure, logIn, logOut } = live;
  return (
    <section class="live card" aria-label={words.t('live')}>
      <h2>
        {words.t('live')}
        {session?.loggedIn === true && session.needsToken && (
          <span class="aside">
            <button type="button" class="link" onClick={logOut}>
              {words.t('live.log-out')}
            </button>
          </span>
        )}
      </h2>
      {failure !== null && (
        <p class="problem" role="alert">
          {words.failure(failure)}
        </p>
      )}
      {session !== null &&
        !session.loggedIn &&
        (session.needsToken ? <Login logIn={logIn} /> : <p>{words.shared('error.page-needs-token')}</p>)}
      {state !== null && <Servers state={state} chosen={question.server} onChoose={onServer} />}
    </section>
  );
}

/** What the bot itself answers about the server that was chosen. */
export function LiveAnswer({ live }: { readonly live: Live }) {
  const words = useWords();
  const { server, fit, fitFailure } = live;
  if (server === null) {
    return null;
  }
  if (fit === null) {
    return (
      <p class="live-answer hint" role="status">
        {fitFailure === null ? words.t('live.asking', { server: server.name }) : words.failure(fitFailure)}
      </p>
    );
  }
  return (
    <div class="live-answer" role="status" data-now={fit.verdict}>
      <p>
        {words.t('live.now', {
          server: server.name,
          verdict: words.shared(`fit.verdict.${fit.verdict}`) ?? fit.verdict,
        })}
      </p>
    </div>
  );
}
