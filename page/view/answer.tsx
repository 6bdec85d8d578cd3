import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { type ModelSpec, type Plan, type SweepRow, tensorBytes } from '../../src/estimator/index.ts';
import { Bars } from '../charts/bars.tsx';
import { Curve } from '../charts/curve.tsx';
import { FiguresTable } from '../charts/figures-table.tsx';
import { Sweep } from '../charts/sweep.tsx';
import type { PlanAnswer } from '../estimate/answer.ts';
import type { Asked } from '../estimate/ask.ts';
import type { Launch } from '../estimate/launch.ts';
import type { Question } from '../question/question.ts';
import { useWords } from './context.ts';
import { CopyButton } from './copy-button.tsx';
import type { Survey } from './use-survey.ts';
import { Verdict } from './verdict.tsx';
import { Why } from './why.tsx';

interface Properties {
  readonly question: Question;
  readonly source: ModelSpec | null;
  readonly asked: Asked;
  readonly answer: PlanAnswer;
  readonly survey: Survey;
  readonly trained: number;
  readonly most: number;
  readonly notes: readonly string[];
  readonly onChange: (change: Partial<Question>) => void;
  /** What the bot itself says. */
  readonly above: ComponentChildren;
}

export function Answer(properties: Properties) {
  const { question, source, asked, answer, survey, trained, most, notes, onChange, above } = properties;
  const words = useWords();
  const plan = answer.state === 'planned' ? answer.plan : null;
  const name = source === null ? '' : question.quant === null ? source.name : `${source.name} ${question.quant}`;
  const isCurrent = survey.ctx === question.ctx;
  const smaller = useMemo(() => smallerOf(source, survey.rows, plan?.verdict), [source, survey.rows, plan?.verdict]);
  return (
    <section class="answer" id="answer" tabIndex={-1} aria-label={words.t('answer')}>
      <div class="card">
        {answer.state === 'none' && <p class="waiting">{words.t('answer.waiting')}</p>}
        {answer.state === 'failed' && (
          <p class="problem" role="alert">
            {words.failure(answer.failure)}
          </p>
        )}
        {plan !== null && (
          <>
            <Verdict
              plan={plan}
              model={name}
              version={asked.server.ollama}
              largest={survey.largest}
              trained={trained}
              speed={isCurrent ? survey.speed : null}
              help={isCurrent ? survey.help : []}
              smaller={isCurrent ? smaller : null}
              notes={notes}
              onTry={onChange}
            />
            {above}
            <h2>{words.t('bars')}</h2>
            <Bars plan={plan} server={asked.server} model={name} />
            <h2>{words.t('table')}</h2>
            <FiguresTable plan={plan} server={asked.server} />
          </>
        )}
      </div>
      {source !== null && (
        <>
          <div class="card">
            <h2>
              {words.t('curve')}
              {plan !== null && (
                <span class="aside">{words.t('curve.now', { ctx: question.ctx, bytes: wholeBytes(plan) })}</span>
              )}
            </h2>
            <Curve
              points={survey.points}
              server={asked.server}
              plan={plan}
              ctx={question.ctx}
              most={most}
              largest={survey.largest}
              onChoose={(ctx) => onChange({ ctx })}
            />
          </div>
          <div class="card">
            <h2>{words.t('sweep')}</h2>
            <p class="hint">{words.t('sweep.hint')}</p>
            <Sweep
              rows={survey.rows}
              chosen={question.quant}
              ctx={question.ctx}
              most={most}
              onChoose={(quant) => onChange({ quant })}
            />
          </div>
        </>
      )}
      {answer.state === 'planned' && (
        <>
          {isCurrent && survey.launch !== null && survey.launch.lines.length > 0 && (
            <LaunchCard launch={survey.launch} asked={question.ctx} />
          )}
          <Why spec={answer.spec} plan={answer.plan} asked={asked} />
        </>
      )}
    </section>
  );
}

function LaunchCard({ launch, asked }: { readonly launch: Launch; readonly asked: number }) {
  const words = useWords();
  const lines = launch.lines.join('\n');
  return (
    <div class="card launch">
      <h2>
        {words.t('launch')}
        <span class="aside">
          <CopyButton label={words.t('copy')} done={words.t('copied')} text={() => lines} />
        </span>
      </h2>
      {launch.ctx !== asked && <p class="hint">{words.t('launch.with-smaller', { ctx: launch.ctx })}</p>}
      {launch.verified === true && <p class="hint">{words.t('launch.verified')}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line is scrolled by keyboard */}
      <pre tabIndex={0}>
        <code>{lines}</code>
      </pre>
    </div>
  );
}

/** The best quantization below the model's own that fits as asked, where the model itself does not. */
function smallerOf(
  source: ModelSpec | null,
  rows: ReadonlyMap<string, SweepRow>,
  verdict: string | undefined,
): SweepRow | null {
  if (source === null || verdict === undefined || verdict === 'fits') {
    return null;
  }
  const own = source.tensors.reduce((sum, { type, shape }) => sum + tensorBytes(type, shape), 0);
  const fitting = [...rows.values()].filter(
    (row) => row.verdict === 'fits' && row.bytes !== undefined && row.bytes < own,
  );
  return fitting.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0))[0] ?? null;
}

/** Everything that a plan takes, on GPUs and beside them. */
function wholeBytes({ gpus, host }: Plan): number {
  return gpus.reduce((sum, gpu) => sum + gpu.totalBytes, host.totalBytes);
}
