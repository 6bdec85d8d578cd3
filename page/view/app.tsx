import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { trainingContext } from '../../src/estimator/index.ts';
import { answerOf } from '../estimate/answer.ts';
import { ask } from '../estimate/ask.ts';
import { nameOf } from '../models/file-name.ts';
import { listedNames } from '../models/listed.ts';
import { useModel } from '../models/use-model.ts';
import { UNTOLD_TRAINING } from '../question/contexts.ts';
import type { ModelChoice } from '../question/question.ts';
import { createWords } from '../words/translate.ts';
import { Answer } from './answer.tsx';
import { useWords, WordsContext } from './context.ts';
import { ContextChooser } from './context-choice.tsx';
import { Dock } from './dock.tsx';
import { GpuChooser } from './gpu-choice.tsx';
import { Header } from './header.tsx';
import { ModelChooser } from './model-choice.tsx';
import { Options } from './options.tsx';
import { useLocale } from './preferences.ts';
import { useDrop } from './use-drop.ts';
import { useQuestion } from './use-question.ts';
import { useSurvey } from './use-survey.ts';
import { useWarm } from './use-warm.ts';

type LiveModule = typeof import('../live/live.tsx');

/**
 * The whole page.
 * @param live the part with the team's servers; the same for as long as the page is open
 */
export function App({ live: liveModule }: { readonly live: LiveModule | null }) {
  const [locale, setLocale] = useLocale();
  const words = useMemo(() => createWords(locale), [locale]);
  const [question, change] = useQuestion();
  const [files, setFiles] = useState<readonly File[]>([]);
  const names = useNames();
  const live = liveModule?.useLive(question) ?? null;
  const machine = live?.machine ?? null;
  const model = useModel(
    question.model,
    files,
    question.server,
    live?.session?.loggedIn === true ? live.readSpec : null,
  );
  const source = model.state === 'ready' ? model.found.spec : null;
  const asked = useMemo(() => ask(question, machine), [question, machine]);
  const answer = useMemo(() => answerOf(source, question, asked), [source, question, asked]);
  const survey = useSurvey(source, question.quant, asked);
  const trained = source === null ? 0 : trainingContext(source);
  const most = trained || Math.max(UNTOLD_TRAINING, question.ctx);
  useWarm(source, question, asked, most);

  // Whoever chooses another model means a context that it has; a link says what it says.
  const chosen = useRef(false);
  useEffect(() => {
    if (chosen.current && trained > 0 && question.ctx > trained) {
      change({ ctx: trained });
    }
  }, [source]);

  const onFiles = useCallback(
    (dropped: readonly File[]) => {
      const found = dropped.filter(({ name }) => /\.gguf$/i.test(name));
      const first = found.find(({ name }) => !/mmproj/i.test(name)) ?? found[0] ?? dropped[0];
      if (first !== undefined) {
        chosen.current = true;
        setFiles(found.length > 0 ? found : dropped);
        change({ model: { from: 'file', name: nameOf(first.name) }, quant: null });
      }
    },
    [change],
  );
  const isOver = useDrop(onFiles);
  const chooseModel = useCallback(
    (choice: ModelChoice) => {
      chosen.current = true;
      change({ model: choice, quant: null });
    },
    [change],
  );
  useEffect(() => {
    document.title = words.t('title');
  }, [words]);

  // Drawn anew only when they say something else: not with every step of the slider.
  const serverNames = live?.models;
  const modelPart = useMemo(
    () => (
      <ModelChooser
        names={names}
        serverNames={serverNames ?? []}
        choice={question.model}
        model={model}
        onChoose={chooseModel}
        onFiles={onFiles}
      />
    ),
    [names, serverNames, question.model, model, chooseModel, onFiles],
  );
  const { runner, quant, kv, slots, flash, server } = question;
  const optionsPart = useMemo(
    () => <Options question={question} onChange={change} />,
    [runner, quant, kv, slots, flash, server, change],
  );
  const gpusPart = useMemo(
    () => <GpuChooser gpus={question.gpus} onChange={(gpus) => change({ gpus })} />,
    [question.gpus, change],
  );

  return (
    <WordsContext.Provider value={words}>
      <button type="button" class="skip" onClick={skip}>
        {words.t('skip')}
      </button>
      <Header question={question} onLocale={setLocale} />
      {liveModule !== null && live !== null && (
        <div class="wide">
          <liveModule.LivePanel live={live} question={question} onServer={(server) => change({ server })} />
        </div>
      )}
      <main>
        <form class="question" aria-label={words.t('question')} onSubmit={(event) => event.preventDefault()}>
          {modelPart}
          {live !== null && live.server !== null ? (
            <ServerGpus name={live.server.name} onLeave={() => change({ server: null })} />
          ) : (
            gpusPart
          )}
          <ContextChooser ctx={question.ctx} most={most} largest={survey.largest} onChange={(ctx) => change({ ctx })} />
          {optionsPart}
        </form>
        <Answer
          question={question}
          source={source}
          asked={asked}
          answer={answer}
          survey={survey}
          trained={trained}
          most={most}
          notes={model.state === 'ready' ? model.found.notes : []}
          onChange={change}
          above={liveModule !== null && live !== null ? <liveModule.LiveAnswer live={live} /> : null}
        />
      </main>
      {answer.state === 'planned' && <Dock verdict={answer.plan.verdict} largest={survey.largest} onShow={skip} />}
      <footer>
        <p>{words.t('about')}</p>
      </footer>
      {isOver && (
        <div class="drop" role="status">
          <p>{words.t('drop')}</p>
          <p class="hint">{words.t('drop.promise')}</p>
        </div>
      )}
    </WordsContext.Provider>
  );
}

function ServerGpus({ name, onLeave }: { readonly name: string; readonly onLeave: () => void }) {
  const words = useWords();
  return (
    <section class="card gpus">
      <h2>{words.t('live.gpus', { server: name })}</h2>
      <button type="button" class="link" onClick={onLeave}>
        {words.t('live.own-gpus')}
      </button>
    </section>
  );
}

/** The address belongs to the question, so this is no link. */
function skip(): void {
  const answer = document.getElementById('answer');
  answer?.focus({ preventScroll: true });
  answer?.scrollIntoView({ block: 'start' });
}

function useNames(): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    listedNames().then(setNames, () => setNames([]));
  }, []);
  return names;
}
