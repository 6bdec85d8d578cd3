/** Sets under names: /plan save, load, list, delete, and the button that keeps one. */

import { z } from 'zod';
import type {
  ActionHandler,
  Choice,
  CommandContext,
  CompletionRequest,
  Place,
  Runnable,
} from '../../src/chat/command.ts';
import { runnable } from '../../src/chat/command.ts';
import { CommandError } from '../../src/chat/command-error.ts';
import { matchNames } from '../../src/chat/matching.ts';
import { allows } from '../../src/chat/permissions.ts';
import type { Block, Reply } from '../../src/chat/reply.ts';
import type { Text } from '../../src/chat/text.ts';
import { MOST_NAME, type ModelSet, type SetBook, setName } from '../../src/schedule/sets/book.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import { completeModels, completeServer } from '../parts/completion.ts';
import { serverOption } from '../parts/options.ts';
import type { Services } from '../services.ts';
import { loadSetFor } from './load.ts';
import { fromKept, toKept, writeSet } from './members.ts';
import { modelsOption } from './options.ts';
import { parseSet, type WrittenModel } from './parse.ts';
import { scheduleLine } from './schedule-words.ts';

type Context = CommandContext<Services>;

/** The sets of this program. @throws CommandError `no-sets-here` in the command-line tool */
export function setsOf(services: Services): SetBook {
  if (services.sets === undefined) {
    throw new CommandError('no-sets-here');
  }
  return services.sets;
}

/** Where sets are kept: each guild its own, the terminal too. */
export const scopeOf = (place: Pick<Place, 'guildId'>): string => place.guildId ?? '';

export const nameOption = {
  name: 'name',
  description: 'plan.option.name',
  type: 'string',
  required: true,
  maxLength: MOST_NAME,
} as const;

const nameSchema = z.string().trim().min(1).max(MOST_NAME);

/** Looks each model up, so that a slip is told now and not at the next load. */
async function checkModels(context: Context, models: readonly WrittenModel[]): Promise<void> {
  const { services, signal } = context;
  const server = pickServer(services, undefined);
  for (const { name, numCtx } of models) {
    await services.asking.gather(server, name, { numCtx }, signal);
  }
}

async function keep(context: Context, name: string, models: readonly WrittenModel[]): Promise<Reply> {
  const { services, person, place, translator } = context;
  const book = setsOf(services);
  await checkModels(context, models);
  const earlier = (await book.list(scopeOf(place))).find((one) => sameSetName(one.name, name));
  const set = await book.keep(scopeOf(place), name, toKept(models), { id: person.id, name: person.name });
  return {
    tone: 'good',
    title: translator.text('plan.kept', { name: { code: set.name } }),
    blocks: [
      { kind: 'code', text: writeSet(set.models) },
      ...(earlier === undefined || earlier.ownerId === person.id ? [] : [insteadOf(earlier, translator)]),
      { kind: 'small', text: translator.text('plan.kept.how', { name: { code: set.name } }) },
    ],
    actions: [
      {
        label: translator.t('plan.action.load'),
        style: 'primary',
        call: { command: 'plan', subcommand: 'load', options: { name: set.name } },
      },
    ],
  };
}

const sameSetName = (one: string, other: string) => setName(one).toLowerCase() === setName(other).toLowerCase();

/** What somebody else kept is not gone without a word. */
function insteadOf({ ownerId, ownerName, models }: ModelSet, translator: Context['translator']): Block {
  const params = { owner: { user: ownerId, name: ownerName }, models: { code: writeSet(fromKept(models)) } };
  return { kind: 'text', text: translator.text('plan.kept.instead', params) };
}

const saveSchema = z.object({ name: nameSchema, models: z.string().trim().min(1).max(1_000) });

const save = runnable<Services, typeof saveSchema>({
  description: 'plan.save.description',
  access: 'operator',
  options: [nameOption, modelsOption],
  schema: saveSchema,
  run: (context, { name, models }) => keep(context, name, parseSet(models)),
  complete: completeModels,
});

const loadSchema = z.object({ name: nameSchema, server: z.string().trim().min(1).max(64).optional() });

const load = runnable<Services, typeof loadSchema>({
  description: 'plan.load.description',
  access: 'operator',
  // Each load is bounded by itself.
  timeoutMs: null,
  options: [{ ...nameOption, completes: true, takesRest: true }, serverOption],
  schema: loadSchema,
  run: async (context, { name, server }) => {
    const set = await setsOf(context.services).get(scopeOf(context.place), name);
    const models = writeSet(set.models);
    return loadSetFor(context, { name: set.name, models, ...(server === undefined ? {} : { server }) });
  },
  complete: completeSet,
});

function setLine(set: ModelSet, { translator }: Pick<Context, 'translator'>): Text {
  return translator.text('plan.list.item', {
    name: { code: set.name },
    models: { code: writeSet(fromKept(set.models)) },
    owner: { user: set.ownerId, name: set.ownerName },
  });
}

async function list(context: Context): Promise<Reply> {
  const { services, place, translator } = context;
  const sets = await setsOf(services).list(scopeOf(place));
  const schedules = (await services.setSchedules?.list(scopeOf(place))) ?? [];
  if (sets.length === 0) {
    const blocks: Block[] = [{ kind: 'text', text: translator.text('plan.list.how') }];
    return { tone: 'neutral', title: translator.text('plan.list.none'), blocks };
  }
  const blocks: Block[] = [{ kind: 'list', items: sets.map((set) => setLine(set, context)) }];
  if (schedules.length > 0) {
    blocks.push(
      { kind: 'heading', text: translator.text('plan.list.schedules') },
      { kind: 'list', items: schedules.map((one) => scheduleLine(one, services, translator)) },
    );
  }
  return { tone: 'neutral', title: translator.text('plan.list.title', { count: sets.length }), blocks };
}

const removeSchema = z.object({ name: nameSchema });

const remove = runnable<Services, typeof removeSchema>({
  description: 'plan.delete.description',
  access: 'everyone',
  acts: true,
  options: [{ ...nameOption, completes: true, takesRest: true }],
  schema: removeSchema,
  run: async ({ services, place, person, translator }, { name }) => {
    const owner = allows(person.access, 'operator') ? null : person.id;
    const set = await setsOf(services).drop(scopeOf(place), name, owner);
    return {
      tone: 'good',
      title: translator.text('plan.deleted', { name: { code: set.name } }),
      blocks: [{ kind: 'code', text: writeSet(set.models) }],
    };
  },
  complete: completeSet,
});

/** Names of sets by their beginning, and servers. */
export async function completeSet(
  context: Omit<Context, 'progress'>,
  request: CompletionRequest,
): Promise<readonly Choice[]> {
  if (request.option !== 'name') {
    return completeServer(context, request);
  }
  const sets = (await context.services.sets?.list(scopeOf(context.place))) ?? [];
  const names = sets.map(({ name }) => name);
  return matchNames(request.typed, names).map((value) => {
    const models = sets.find(({ name }) => name === value)?.models ?? [];
    return { value, label: `${value}: ${models.map((model) => model.name).join(', ')}` };
  });
}

/** A name for a set that nobody named: of its first models, and a number where it is taken. */
export function ownName(models: readonly WrittenModel[], taken: readonly string[]): string {
  const short = models.map(({ name }) => name.replace(/^.*\//, '').replace(/:.*$/, ''));
  const joined = short.slice(0, 2).join(' + ');
  // As it will be kept: a space at the end of what was cut would hide that the name is taken.
  const base = setName([...setName(joined)].slice(0, MOST_NAME - 8).join(''));
  const named = short.length > 2 ? `${base} +${short.length - 2}` : base;
  const used = new Set(taken.map((name) => name.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? named : `${named} ${number}`;
    if (!used.has(name.toLowerCase())) {
      return name;
    }
  }
}

const keepPayload = z.object({ models: z.string().min(1).max(4_000) });

/** "Keep as a set". */
export const keepHandler: ActionHandler<Services> = {
  name: 'plan.keep',
  access: 'operator',
  payload: keepPayload,
  run: async (context: Context, payload: z.output<typeof keepPayload>) => {
    const models = parseSet(payload.models);
    const taken = (await setsOf(context.services).list(scopeOf(context.place))).map(({ name }) => name);
    return keep(context, ownName(models, taken), models);
  },
};

/** The subcommands of kept sets. */
export const keptCommands: Readonly<Record<'save' | 'load' | 'list' | 'delete', Runnable<Services>>> = {
  save,
  load,
  list: runnable({
    description: 'plan.list.description',
    access: 'everyone',
    options: [],
    schema: z.object({}),
    run: list,
  }) as Runnable<Services>,
  delete: remove,
};
