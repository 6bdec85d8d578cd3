import { classifyAnswer } from '../../src/ollama/errors.ts';
import {
  RECORDED_VERSIONS,
  type Recorded,
  type RecordedVersion,
  recordedAnswers,
  recordedError,
} from '../../test/support/recorded-answers.ts';

type Answers = Readonly<Record<string, Recorded>>;
type Cell = (answers: Answers, version: RecordedVersion) => string;

interface Row {
  readonly command: string;
  readonly what: string;
  readonly cell: Cell;
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = ({ body }: Recorded): Fields => body as Fields;
const firstModel = (recorded: Recorded): Fields => (fieldsOf(recorded).models as Fields[])[0] ?? {};

/** The name that the bot gives to a failure, and the words it has for it; `loads` where it was none. */
function failure(recorded: Recorded | undefined, good = 'works'): string {
  if (recorded === undefined) {
    return 'not recorded';
  }
  const text = recordedError(recorded);
  if (recorded.status === 200 && text === '') {
    return good;
  }
  const { code, params } = classifyAnswer({ status: recorded.status, json: true, text, path: recorded.request.path });
  const { reason } = params;
  return `\`${code}${reason === undefined ? '' : `.${reason}`}\``;
}

/** Ollama's own words, short enough for a table. */
function words(recorded: Recorded): string {
  const text = recordedError(recorded).replace(/sha256-[0-9a-f]{64}/, 'sha256-…');
  return text === '' ? '' : ` “${text.length > 70 ? `${text.slice(0, 69)}…` : text}”`;
}

const told = (yes: boolean, how: string, otherwise: string) => (yes ? how : otherwise);

const ROWS: readonly Row[] = [
  {
    command: '/fit, /plan',
    what: 'what a model is made of',
    cell: (answers) =>
      told(
        'tensors' in fieldsOf(answers['show-tiny-ctx']!),
        'the server’s own list of tensors',
        'no list of tensors: the built-in entry of the model, or of what it was made from',
      ),
  },
  {
    command: '/fit, /load',
    what: 'whether it only embeds',
    cell: (answers) =>
      told('capabilities' in fieldsOf(answers['show-tiny-ctx']!), 'told (capabilities)', 'by its architecture'),
  },
  {
    command: '/models',
    what: 'parents and training contexts in the list',
    cell: (answers) =>
      told(
        JSON.stringify(answers.tags!.body).includes('context_length'),
        'told',
        'asked for, model by model (`/api/show`)',
      ),
  },
  {
    command: '/ps, /status',
    what: 'context of a loaded model',
    cell: (answers) => told('context_length' in firstModel(answers['ps-loaded']!), 'told', 'not told'),
  },
  {
    command: '/ps, /unload',
    what: 'a model that was just told to leave',
    cell: (answers) =>
      told(
        'name' in firstModel(answers['ps-just-unloaded']!),
        'listed for a moment longer',
        'gone from the list at once',
      ),
  },
  { command: '/load', what: 'a model that generates', cell: (answers) => failure(answers.load, 'by `/api/generate`') },
  {
    command: '/load',
    what: 'a model that only embeds',
    cell: (answers) => `by \`/api/embed\` (generate: ${failure(answers['load-embed-model-by-generate'])})`,
  },
  {
    command: '/load',
    what: 'more context than it was trained for, asked by another client',
    cell: (answers) => {
      const context = firstModel(answers['ps-above-trained']!).context_length;
      return context === undefined ? 'not told' : `listed with ${String(context)} of 8192`;
    },
  },
  {
    command: '/load',
    what: 'system memory runs out',
    cell: (answers) =>
      `${failure(answers['oom-system'], 'had enough when it was recorded')}${words(answers['oom-system']!)}`,
  },
  {
    command: '/load',
    what: 'a damaged file',
    cell: (answers) => `${failure(answers['load-broken'])}${words(answers['load-broken']!)}`,
  },
  {
    command: '/load',
    what: 'an architecture that it does not know',
    cell: (answers) => {
      const recorded = answers['load-weird-arch']!;
      // The server of 0.33.0-rc2 took no such model in the first place.
      return recorded.status === 404 ? 'not recorded' : `${failure(recorded)}${words(recorded)}`;
    },
  },
  {
    command: '/load keep-alive:',
    what: 'half a second',
    cell: (answers) =>
      `${String(fieldsOf(answers['load-keepalive-half-second']!).done_reason)}s (the bot sends no less than a second)`,
  },
  {
    command: '/load alias:',
    what: 'how a name is made',
    cell: (answers) =>
      recordedError(answers['create-from']!) === '' ? '`from` and `parameters`' : 'a Modelfile, the only form it takes',
  },
  {
    command: '/load alias:',
    what: 'what the name was made from',
    cell: (answers) =>
      answers['show-alias']!.status === 200 ? 'told by `/api/show`, with the file of weights' : 'not recorded',
  },
  {
    command: '/unload',
    what: 'a model that is not loaded',
    cell: (answers) => failure(answers['unload-not-loaded'], 'no complaint'),
  },
  { command: '/delete', what: 'a model that is not there', cell: (answers) => failure(answers['delete-missing']) },
  {
    command: '/pull',
    what: 'a registry that is not found',
    cell: (answers) => failure(answers['pull-no-network']),
  },
  {
    command: '/pull',
    what: 'a registry where nobody listens',
    cell: (answers) => failure(answers['pull-http-refused']),
  },
  {
    command: '/pull',
    what: 'a registry that speaks plain http',
    cell: (answers) => failure(answers['pull-http-registry-secure']),
  },
  { command: 'all', what: 'too many requests wait', cell: (answers) => failure(answers.busy) },
];

/** docs/ollama-versions.md: what each version answers, and what the bot makes of it, from recorded answers. */
export function ollamaVersionsPage(): string {
  const rows = ROWS.map(({ command, what, cell }) => {
    const cells = RECORDED_VERSIONS.map((version) => cell(recordedAnswers(version), version).replaceAll('|', '\\|'));
    return `| ${command} | ${what} | ${cells.join(' | ')} |`;
  });
  const count = RECORDED_VERSIONS.map((version) => `${Object.keys(recordedAnswers(version)).length} of ${version}`);
  return [
    '# What each Ollama version answers',
    `Written by \`npm run docs\` from the answers of real servers in test/recorded (${count.join(', ')}; without a GPU). Names such as \`registry.dns\` are the bot’s own for a failure: its words stand in docs/codes.md under \`error.\`. The tests play the same answers back to the client and to every command.`,
    `| command | what | ${RECORDED_VERSIONS.join(' | ')} |\n|---|---|${RECORDED_VERSIONS.map(() => '---|').join('')}\n${rows.join('\n')}`,
    '',
  ].join('\n\n');
}
