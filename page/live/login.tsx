import { useState } from 'preact/hooks';
import type { Coded } from '../../src/base/coded.ts';
import { useWords } from '../view/context.ts';

/** The token goes in once; what stays in the browser is a cookie that no script can read. */
export function Login({ logIn }: { readonly logIn: (token: string) => Promise<Coded | null> }) {
  const words = useWords();
  const [token, setToken] = useState('');
  const [failure, setFailure] = useState<Coded | null>(null);
  const [isBusy, setBusy] = useState(false);
  return (
    <form
      class="login"
      onSubmit={(event) => {
        event.preventDefault();
        setBusy(true);
        void logIn(token).then((failed) => {
          setBusy(false);
          setFailure(failed);
          setToken('');
        });
      }}
    >
      <label class="field">
        <span>{words.t('live.token')}</span>
        <input
          type="password"
          autocomplete="current-password"
          value={token}
          aria-invalid={failure !== null}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button primary" disabled={isBusy || token === ''}>
        {words.t('live.log-in')}
      </button>
      {failure !== null && (
        <p class="problem" role="alert">
          {words.failure(failure)}
        </p>
      )}
    </form>
  );
}
