import { z } from 'zod';
import type { ActionHandler, CommandContext } from '../../src/chat/command.ts';
import type { Action, Block, Reply } from '../../src/chat/reply.ts';
import type { Text } from '../../src/chat/text.ts';
import type { Translator } from '../../src/chat/translate.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import type { SetMember, SetOutcome } from '../../src/servers/loading/safe-set.ts';
import type { LoadStep, Requester } from '../../src/servers/loading/types.ts';
import { Checklist } from '../load/checklist.ts';
import { holderSpan, requesterOf, shortNames } from '../load/people.ts';
import { problemText } from '../load/reply.ts';
import { loadsOf } from '../load/run.ts';
import type { Services } from '../services.ts';
import { answerSet } from './answer.ts';
import { answerEverywhere } from './everywhere.ts';
import { keepSetAction } from './keep-action.ts';
import { membersOf } from './members.ts';
import { parseSet } from './parse.ts';
import { planReply } from './reply.ts';
import { spreadReply } from './spread-reply.ts';

type Context = CommandContext<Services>;

/** A question that is this old should be asked anew: the server has changed, ms. */
const ROOM_EXPIRES_MS = 15 * 60_000;

/** A set to be loaded, as its buttons carry it. */
export const setLoadSchema = z.object({
  /** As somebody types it. */
  models: z.string().trim().min(1).max(4_000),
  server: z.string().trim().min(1).max(64).optional(),
  name: z.string().max(100).optional(),
  'keep-alive': z.string().max(40).optional(),
});

type SetLoad = z.output<typeof setLoadSchema>;

const roomSchema = setLoadSchema.extend({
  /** Names of models, one a line. */
  unload: z.string().max(4_000),
  interrupt: z.boolean(),
});

/** What the requester agreed to, by pressing a button that said so. */
interface Agreed {
  readonly mayUnload: readonly string[];
  readonly mayInterrupt: boolean;
  readonly overrideHolds: boolean;
}

const NOTHING: Agreed = { mayUnload: [], mayInterrupt: false, overrideHolds: false };

/** What a set's load needs of whoever asks: also a schedule does. */
export interface SetLoadRun {
  readonly services: Services;
  readonly translator: Translator;
  readonly signal: AbortSignal;
  readonly by: Requester;
  progress(reply: Reply): void;
}

/** Loads a set, showing in one message how far each of its models is. Rejects with errors that have words. */
export async function runSetLoad(run: SetLoadRun, wanted: SetLoad, agreed: Agreed = NOTHING): Promise<Reply> {
  const { services, translator, signal, by } = run;
  const loads = loadsOf(services);
  services.consents?.remember(by.id, translator.locale);
  const models = parseSet(wanted.models);
  const found =
    wanted.server === undefined && services.servers.servers.length > 1
      ? await answerEverywhere(services, by.id, models, signal)
      : null;
  if (found?.kind === 'spread') {
    // Each server's part is a load of its own, begun by its own button.
    return { ...spreadReply(found.spread, translator, services), failed: true };
  }
  const server = found?.answer.server ?? pickServer(services, wanted.server);
  const answer = found?.answer ?? (await answerSet(services, by.id, { models, server }, signal));
  const members = membersOf(answer);
  if (members === null) {
    return { ...planReply(answer, translator), failed: true };
  }
  const progress = new SetProgress(members, services.now);
  let id = '';
  const show = () => run.progress(runningReply(progress, server.name, id, by.id, translator));
  const { models: _models, server: _server, name = null, 'keep-alive': keepAlive } = wanted;
  const order = { ...agreed, name, members, by, ...(keepAlive === undefined ? {} : { keepAlive }) };
  const started = loads.loadSet(server, order, {
    signal,
    onStep: (index, step) => {
      progress.add(index, step);
      show();
    },
  });
  id = started.id;
  return setReply(await started.done, members, { ...wanted, server: server.name }, by, translator, services.simulated);
}

/** How far each model of a set is. */
class SetProgress {
  readonly members: readonly SetMember[];
  readonly #lists: readonly Checklist[];
  readonly #whole: Checklist;
  #current = -1;

  constructor(members: readonly SetMember[], now: () => number) {
    this.members = members;
    this.#lists = members.map(() => new Checklist(now));
    this.#whole = new Checklist(now);
  }

  add(index: number | null, step: LoadStep): void {
    this.#current = index ?? this.#current;
    (index === null ? this.#whole : this.#lists[index])?.add(step);
  }

  lines(translator: Translator): Text[] {
    const rows = this.members.map(({ model, numCtx }, index): Text => {
      const state = index < this.#current ? 'done' : index === this.#current ? 'running' : 'waiting';
      const line = [translator.text(`plan.load.${state}`, { model: { code: model }, ctx: numCtx })];
      const last = state === 'running' ? this.#lists[index]!.lines(translator).at(-1) : undefined;
      return last === undefined ? line.flat() : [...line, ' ', ...[last].flat()].flat();
    });
    return [...rows, ...this.#whole.lines(translator)];
  }
}

function runningReply(
  progress: SetProgress,
  server: string,
  cancelId: string,
  personId: string,
  translator: Translator,
): Reply {
  const params = { count: progress.members.length, server: { code: server } };
  return {
    tone: 'neutral',
    title: translator.text('plan.load.title.running', params),
    blocks: [{ kind: 'list', items: progress.lines(translator) }],
    ...(cancelId === ''
      ? {}
      : {
          actions: [
            {
              label: translator.t('load.action.cancel'),
              style: 'secondary',
              call: { handler: 'load.cancel', payload: { id: cancelId, by: personId } },
            },
          ],
        }),
  };
}

/** How the load of a set ended. */
function setReply(
  outcome: SetOutcome,
  members: readonly SetMember[],
  wanted: SetLoad & { readonly server: string },
  by: Requester,
  translator: Translator,
  simulated: boolean,
): Reply {
  const server = { code: outcome.server };
  const loaded = outcome.result === 'loaded';
  const blocks: Block[] = [];
  if (loaded) {
    const items = outcome.loads.map(({ model, numCtx, proof, renewed }) =>
      translator.text(renewed ? 'plan.load.row.renewed' : 'plan.load.row', {
        model: { code: model },
        ctx: proof?.contextLength ?? numCtx ?? 0,
        bytes: proof?.sizeVramBytes ?? 0,
      }),
    );
    blocks.push({ kind: 'list', items });
  } else {
    blocks.push(...failureBlocks(outcome, members, translator));
  }
  if (simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  const title = loaded
    ? translator.text('plan.load.title.loaded', { count: members.length, server })
    : problemText(translator, outcome.problem ?? { code: 'load-failed', params: {} });
  return {
    tone: loaded ? 'good' : outcome.result === 'needs-room' ? 'warning' : 'bad',
    title,
    blocks,
    actions: loaded ? keepAction(wanted, translator) : roomActions(outcome, wanted, by, translator),
    ...(loaded ? {} : { failed: true }),
  };
}

function failureBlocks(outcome: SetOutcome, members: readonly SetMember[], translator: Translator): Block[] {
  const texts: Text[] = [];
  const names = (models: readonly string[]) => ({ code: models.join(', ') });
  const failed = members[outcome.loads.length - 1];
  if (failed !== undefined && outcome.loads.length > 0) {
    texts.push(
      translator.text('plan.load.at', {
        model: { code: failed.model },
        index: outcome.loads.length,
        of: members.length,
      }),
    );
  }
  const said = outcome.problem?.params.said;
  if (said !== undefined) {
    texts.push(translator.text('load.said', { text: { code: String(said) } }));
  }
  for (const { model, hold, inUse } of outcome.obstacles) {
    if (hold !== null) {
      texts.push(translator.text('load.way-out.held', { model: { code: model }, holder: holderSpan(hold) }));
    } else if (inUse) {
      texts.push(translator.text('load.way-out.in-use', { model: { code: model } }));
    }
  }
  if (outcome.undone.length > 0) {
    texts.push(translator.text('plan.load.undone', { models: names(outcome.undone) }));
  }
  texts.push(
    outcome.lost.length > 0
      ? translator.text('load.lost', { models: names(outcome.lost) })
      : translator.text('load.as-before'),
  );
  return texts.map((text): Block => ({ kind: 'text', text }));
}

function keepAction({ name, models }: SetLoad, translator: Translator): Action[] {
  return name === undefined ? [keepSetAction(models, translator)] : [];
}

function roomActions(outcome: SetOutcome, wanted: SetLoad, by: Requester, translator: Translator): Action[] {
  const { obstacles } = outcome;
  if (obstacles.length === 0) {
    return [];
  }
  const unload = obstacles.map(({ model }) => model);
  const held = obstacles.flatMap(({ hold }) => (hold === null ? [] : [hold]));
  const interrupt = obstacles.some(({ inUse }) => inUse);
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const payload = { ...given, unload: unload.join('\n'), interrupt };
  const button = (label: string, style: Action['style'], handler: string): Action => ({
    label,
    style,
    target: 'edit',
    once: true,
    onlyFor: [by.id],
    expiresInMs: ROOM_EXPIRES_MS,
    call: { handler, payload },
  });
  const models = shortNames(unload);
  if (held.length === 0) {
    const key = interrupt ? 'plan.action.instead-in-use' : 'plan.action.instead';
    return [button(translator.t(key, { models }), interrupt ? 'danger' : 'primary', 'plan.instead')];
  }
  const holder = shortNames([...new Set(held.map(({ holderName }) => holderName))]);
  const actions =
    outcome.problem?.code === 'holder-keeps'
      ? []
      : [button(translator.t('plan.action.ask', { holder }), 'primary', 'plan.instead')];
  return by.isAdmin
    ? [...actions, button(translator.t('plan.action.override', { models }), 'danger', 'plan.override')]
    : actions;
}

function runOf(context: Context): SetLoadRun {
  const { services, translator, signal } = context;
  return { services, translator, signal, by: requesterOf(context), progress: (reply) => context.progress(reply) };
}

/** Loads a set for whoever typed or pressed. */
export function loadSetFor(context: Context, wanted: SetLoad): Promise<Reply> {
  return runSetLoad(runOf(context), wanted);
}

function instead(name: string, access: 'operator' | 'admin'): ActionHandler<Services> {
  return {
    name,
    access,
    payload: roomSchema,
    timeoutMs: null,
    run: (context: Context, { unload, interrupt, ...wanted }: z.output<typeof roomSchema>) =>
      runSetLoad(runOf(context), wanted, {
        mayUnload: unload.split('\n').filter((model) => model !== ''),
        mayInterrupt: interrupt,
        overrideHolds: access === 'admin',
      }),
  };
}

/** What the buttons of sets run. */
export const setLoadHandlers: readonly ActionHandler<Services>[] = [
  {
    name: 'plan.load',
    access: 'operator',
    payload: setLoadSchema,
    timeoutMs: null,
    run: (context: Context, wanted: SetLoad) => loadSetFor(context, wanted),
  },
  instead('plan.instead', 'operator'),
  instead('plan.override', 'admin'),
];
