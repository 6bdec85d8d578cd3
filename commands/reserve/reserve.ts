import { z } from 'zod';
import { CodedError } from '../../src/base/coded.ts';
import { readMoment } from '../../src/base/moments.ts';
import { type Command, type CommandContext, runnable } from '../../src/chat/command.ts';
import { CommandError } from '../../src/chat/command-error.ts';
import { allows } from '../../src/chat/permissions.ts';
import type { Action, Block, Reply } from '../../src/chat/reply.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import { type Reservation, type ReservationBook, reservedLabel } from '../../src/servers/reservations.ts';
import type { Server } from '../../src/servers/types.ts';
import { requesterOf } from '../load/people.ts';
import { auditEntry } from '../parts/audit-entry.ts';
import { completeServer } from '../parts/completion.ts';
import { readGpuNumbers } from '../parts/gpu-numbers.ts';
import { serverOption } from '../parts/options.ts';
import { modelsOn, reservationText } from '../parts/reservations.ts';
import type { Services } from '../services.ts';

type Context = CommandContext<Services>;

const server = z.string().trim().min(1).max(64).optional();
const addSchema = z.object({
  gpus: z.string().trim().min(1).max(100),
  until: z.string().trim().min(1).max(40),
  from: z.string().trim().min(1).max(40).optional(),
  server,
});
const listSchema = z.object({ server });
const stopSchema = z.object({ id: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });

/** Words for the whole server. */
const ALL = /^(?:all|\*|全部|所有|整台)$/i;
/** Buttons that a list has room for. */
const MAX_BUTTONS = 10;

/** Throws `nothing-kept` where there is nobody to keep a booking. */
function bookOf(services: Services): ReservationBook {
  if (services.reservations === undefined) {
    throw new CommandError('nothing-kept', {});
  }
  return services.reservations;
}

function momentOf({ services }: Context, text: string, afterMs: number): number {
  const moment = readMoment(text, afterMs, services.timeZone);
  if (moment === null) {
    throw new CodedError('reserve-until', { text: text.slice(0, 40), zone: services.timeZone });
  }
  return moment;
}

/** The GPUs that are named, by their UUIDs; empty: all of the server. */
async function gpusOf(target: Server, text: string): Promise<Reservation['gpus']> {
  if (ALL.test(text)) {
    return [];
  }
  const { gpuViews } = await target.snapshot({ maxAgeMs: 10_000, timeoutMs: 2_000 });
  const known = new Map(gpuViews.map(({ index, uuid }, position) => [index ?? position, uuid]));
  return readGpuNumbers(text).map((index) => {
    const uuid = known.get(index);
    if (uuid === undefined) {
      throw new CodedError('no-such-gpu', { gpu: index, known: [...known.keys()].join(', ') || '–' });
    }
    return { uuid, index };
  });
}

async function add(context: Context, options: z.output<typeof addSchema>): Promise<Reply> {
  const { services, translator, person } = context;
  const book = bookOf(services);
  const target = pickServer(services, options.server);
  services.consents?.remember(person.id, translator.locale);
  const nowMs = services.now();
  const fromMs = options.from === undefined ? nowMs : momentOf(context, options.from, nowMs);
  const untilMs = momentOf(context, options.until, fromMs);
  const gpus = await gpusOf(target, options.gpus);
  const act = { action: 'reserve', server: target.name, target: reservedLabel({ gpus, server: target.name }) };
  const args = { fromMs, untilMs };
  let made: Reservation;
  try {
    made = await book.add({ server: target.name, gpus, fromMs, untilMs, by: requesterOf(context) });
  } catch (error) {
    const code = error instanceof CodedError ? error.code : 'failed';
    await services.audit?.record(auditEntry(context, { ...act, args, result: 'refused', code }));
    throw error;
  }
  await services.audit?.record(auditEntry(context, { ...act, args, result: 'ok', code: null }));
  const blocks: Block[] = [];
  const there = modelsOn(target.latest(), made);
  if (there.length > 0 && fromMs <= nowMs) {
    blocks.push({
      kind: 'text',
      text: translator.text('reserve.loaded-there', { models: { code: there.join(', ') }, count: there.length }),
    });
  }
  blocks.push({ kind: 'small', text: translator.text('reserve.what') });
  return {
    tone: 'good',
    title: translator.text(fromMs > nowMs ? 'reserve.title.ahead' : 'reserve.title.added', {
      gpus: { code: reservedLabel(made) },
      server: { code: made.server },
      from: { time: fromMs, style: 'short' },
      until: { time: untilMs, style: 'short' },
    }),
    blocks,
    actions: [stopAction(context, made)],
  };
}

function stopAction({ translator }: Context, { id, ownerId }: Reservation): Action {
  return {
    label: translator.t('reserve.action.stop', { id }),
    style: 'secondary',
    call: { command: 'reserve', subcommand: 'stop', options: { id } },
    onlyFor: [ownerId],
  };
}

async function list(context: Context, options: z.output<typeof listSchema>): Promise<Reply> {
  const { services, translator, person } = context;
  const book = bookOf(services);
  const only = options.server === undefined ? undefined : pickServer(services, options.server).name;
  const all = await book.list(only);
  const own = all.filter(({ ownerId }) => ownerId === person.id);
  return {
    tone: 'neutral',
    title:
      all.length === 0
        ? translator.text('reserve.title.none')
        : translator.text('reserve.title.list', { count: all.length }),
    blocks:
      all.length === 0
        ? []
        : [{ kind: 'list', items: all.map((one) => reservationText(one, translator, services.now())) }],
    actions: own.slice(0, MAX_BUTTONS).map((one) => stopAction(context, one)),
  };
}

async function stop(context: Context, { id }: z.output<typeof stopSchema>): Promise<Reply> {
  const { services, translator, person } = context;
  const book = bookOf(services);
  const ended = await book.stop(id, { ...requesterOf(context), isAdmin: allows(person.access, 'admin') });
  const target = reservedLabel(ended);
  const act = { action: 'reserve-stop', server: ended.server, target, args: { ownerId: ended.ownerId } };
  await services.audit?.record(auditEntry(context, { ...act, result: 'ok', code: null }));
  const params = { gpus: { code: target }, server: { code: ended.server } };
  return { tone: 'good', title: translator.text('reserve.title.stopped', params), blocks: [] };
}

/** `/reserve`: books a server or some of its GPUs. */
export const reserveCommand: Command<Services> = {
  name: 'reserve',
  description: 'reserve.description',
  example: '/reserve add gpus:0,1 until:2h',
  subcommands: {
    add: runnable<Services, typeof addSchema>({
      description: 'reserve.add.description',
      access: 'operator',
      options: [
        { name: 'gpus', description: 'reserve.option.gpus', type: 'string', required: true, maxLength: 100 },
        { name: 'until', description: 'reserve.option.until', type: 'string', required: true, maxLength: 40 },
        { name: 'from', description: 'reserve.option.from', type: 'string', maxLength: 40 },
        serverOption,
      ],
      schema: addSchema,
      run: add,
      complete: completeServer,
    }),
    list: runnable<Services, typeof listSchema>({
      description: 'reserve.list.description',
      access: 'everyone',
      options: [serverOption],
      schema: listSchema,
      run: list,
      complete: completeServer,
    }),
    stop: runnable<Services, typeof stopSchema>({
      description: 'reserve.stop.description',
      // The book looks whose it is: somebody who has lost the role may still let go.
      access: 'everyone',
      acts: true,
      options: [{ name: 'id', description: 'reserve.option.id', type: 'integer', required: true, min: 1 }],
      schema: stopSchema,
      run: stop,
    }),
  },
};
