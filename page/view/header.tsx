import type { Question } from '../question/question.ts';
import type { Locale } from '../words/translate.ts';
import { useWords } from './context.ts';
import { CopyButton } from './copy-button.tsx';
import { useTheme } from './preferences.ts';
import { linkTo } from './use-question.ts';

interface Properties {
  readonly question: Question;
  readonly onLocale: (locale: Locale) => void;
}

export function Header({ question, onLocale }: Properties) {
  const words = useWords();
  const [theme, nextTheme] = useTheme();
  const other: Locale = words.locale === 'en' ? 'zh-CN' : 'en';
  return (
    <header>
      <div class="brand">
        <Logo />
        <div>
          <h1>Headroom</h1>
          <p>{words.t('tagline')}</p>
        </div>
      </div>
      <div class="tools">
        <CopyButton label={words.t('link.copy')} done={words.t('link.copied')} text={() => linkTo(question)} />
        <button
          type="button"
          class="button"
          lang={other}
          aria-label={`${words.t('language.other')}: ${words.t('language.switch')}`}
          onClick={() => onLocale(other)}
        >
          {words.t('language.other')}
        </button>
        <button
          type="button"
          class="button icon"
          aria-label={words.t(`theme.${theme}`)}
          title={words.t(`theme.${theme}`)}
          onClick={nextTheme}
        >
          <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
            {theme === 'light' && (
              <>
                <circle cx="12" cy="12" r="4.5" />
                <path d="M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2" />
              </>
            )}
            {theme === 'dark' && <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" />}
            {theme === 'system' && (
              <>
                <circle cx="12" cy="12" r="8.5" />
                <path class="half" d="M12 3.5a8.5 8.5 0 0 1 0 17z" />
              </>
            )}
          </svg>
        </button>
      </div>
    </header>
  );
}

function Logo() {
  return (
    <svg class="logo" viewBox="0 0 40 40" width="40" height="40" aria-hidden="true" focusable="false">
      <rect class="logo-back" width="40" height="40" rx="9" />
      <rect class="logo-room" x="9" y="7" width="9" height="26" rx="2" />
      <rect class="logo-fill" x="9" y="17" width="9" height="16" rx="2" />
      <rect class="logo-room" x="22" y="7" width="9" height="26" rx="2" />
      <rect class="logo-fill" x="22" y="12" width="9" height="21" rx="2" />
    </svg>
  );
}
