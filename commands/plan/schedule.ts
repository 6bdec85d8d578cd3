/** Sets by the clock: /plan schedule and stop, and what runs when one is due. */

import { z } from 'zod';
import type { Access } from '../../src/chat/command.ts';
import { type Choice, type CommandContext, type CompletionRequest, runnable } from '../../src/chat/command.ts';
import { CommandError } from '../../src/chat/command-error.ts';
import { errorReply, explainError } from '../../src/chat/dispatch/errors.ts';
import type { Locale } from '../../src/chat/locale.ts';
import { allows } from '../../src/chat/permissions.ts';
import type { Block, Reply } from '../../src/chat/reply.ts';
import type { Text } from '../../src/chat/text.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import type { SetRunner, SetSchedule, SetSchedules } from '../../src/schedule/sets/schedules.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import type { Requester } from '../../src/servers/loading/types.ts';
import { problemText } from '../load/reply.ts';
import { loadsOf } from '../load/run.ts';
import { serverOption } from '../parts/options.ts';
import { completeTimeZone } from '../parts/time-zones.ts';
import type { Services } from '../services.ts';
import { completeSet, nameOption, scopeOf } from './kept.ts';
import { runSetLoad } from './load.ts';
import { writeSet } from './members.ts';
import { scheduleLine } from './schedule-words.ts';

type Context = CommandContext<Services>;

/** A keep-alive for this much longer than until the end: what runs then is not cut off by Ollama itself, ms. */
const AFTER_END_MS = 5 * 60_000;
const CRONS = ['0 9 * * 1-5', '0 18 * * 1-5', '0 20 * * *', '0 6 * * *'] as const;

/** @throws CommandError where there is no chat with channels */
function schedulesOf(services: Services): SetSchedules {
  if (services.setSchedules === undefined) {
    throw new CommandError('plan-needs-discord');
  }
  return services.setSchedules;
}

const scheduleSchema = z.object({
  name: z.string().trim().min(1).max(40),
  start: z.string().trim().min(1).max(100),
  end: z.string().trim().min(1).max(100).optional(),
  timezone: z.string().trim().min(1).max(64).optional(),
  server: z.string().trim().min(1).max(64).optional(),
});

const schedule = runnable<Services, typeof scheduleSchema>({
  description: 'plan.schedule.description',
  access: 'operator',
  options: [
    { ...nameOption, completes: true },
    {
      name: 'start',
      description: 'plan.option.start',
      type: 'string',
      required: true,
      maxLength: 100,
      completes: true,
    },
    { name: 'end', description: 'plan.option.end', type: 'string', maxLength: 100, completes: true },
    { name: 'timezone', description: 'option.timezone', type: 'string', maxLength: 64, completes: true },
    serverOption,
  ],
  schema: scheduleSchema,
  run: async ({ services, place, person, translator }, options) => {
    const schedules = schedulesOf(services);
    const { channelId } = place;
    if (channelId === null || place.guildId === null) {
      throw new CommandError('plan-needs-discord');
    }
    const made = await schedules.create({
      ownerId: person.id,
      ownerName: person.name.slice(0, 100),
      platform: place.platform.name,
      guildId: place.guildId,
      channelId,
      setName: options.name,
      server: options.server === undefined ? null : pickServer(services, options.server).name,
      startCron: options.start,
      endCron: options.end ?? null,
      timeZone: options.timezone ?? services.timeZone,
      locale: translator.locale,
    });
    const { startMs, endMs } = schedules.next(made);
    const moment = (ms: number) => ({ time: ms, style: 'long' }) as const;
    const times: Text[] = [];
    if (startMs !== null) {
      times.push(translator.text('plan.schedule.next-start', { time: moment(startMs) }));
    }
    if (endMs !== null) {
      times.push(translator.text('plan.schedule.next-end', { time: moment(endMs) }));
    }
    return {
      tone: 'good',
      title: translator.text('plan.scheduled', { id: made.id, name: { code: made.setName } }),
      blocks: [
        { kind: 'list', items: [scheduleLine(made, services, translator), ...times] },
        { kind: 'small', text: translator.text('plan.scheduled.how', { id: made.id }) },
      ],
    };
  },
  complete: completeSchedule,
});

async function completeSchedule(
  context: Omit<Context, 'progress'>,
  request: CompletionRequest,
): Promise<readonly Choice[]> {
  const typed = request.typed.trim();
  switch (request.option) {
    case 'timezone':
      return completeTimeZone(context.services.timeZone, typed);
    case 'start':
    case 'end': {
      const own = typed === '' ? [] : [typed];
      return [...own, ...CRONS.filter((cron) => cron.startsWith(typed) && cron !== typed)].map((cron) => ({
        value: cron,
        label: cron,
      }));
    }
    default:
      return completeSet(context, request);
  }
}

const stopSchema = z.object({ id: z.number().int().min(1) });

const stop = runnable<Services, typeof stopSchema>({
  description: 'plan.stop.description',
  access: 'everyone',
  acts: true,
  options: [
    { name: 'id', description: 'option.schedule-id', type: 'integer', required: true, min: 1, completes: true },
  ],
  schema: stopSchema,
  run: async ({ services, place, person, translator }, { id }) => {
    const ownerId = allows(person.access, 'operator') ? null : person.id;
    const ended = await schedulesOf(services).end(id, { guildId: scopeOf(place), ownerId });
    return {
      tone: 'good',
      title: translator.text('plan.stopped', { id: ended.id, name: { code: ended.setName } }),
      blocks: [],
    };
  },
  complete: async ({ services, place }, request) => {
    const all = (await services.setSchedules?.list(scopeOf(place))) ?? [];
    return all
      .filter(({ id }) => String(id).startsWith(request.typed.trim()))
      .map(({ id, setName, startCron }) => ({ value: id, label: `${id}: ${setName}, ${startCron}` }));
  },
});

/** The subcommands of sets by the clock. */
export const scheduleCommands = { schedule, stop };

/** What runs when a set is due: the same load as by hand, in the name of whoever made the schedule. */
export function createSetRunner(services: Services): SetRunner {
  const ownerOf = (schedule: SetSchedule, access: Access): Requester => ({
    id: schedule.ownerId,
    name: schedule.ownerName,
    isAdmin: allows(access, 'admin'),
    platform: schedule.platform,
    guildId: schedule.guildId,
    channelId: schedule.channelId,
  });

  return {
    async load(schedule, set, untilMs, access, signal) {
      const minutes = untilMs === null ? null : Math.ceil((untilMs + AFTER_END_MS - services.now()) / 60_000);
      const cap = services.limits.maxKeepAlive;
      // A cap stands above a schedule: the models then leave when nobody uses them.
      const keepAlive = minutes === null ? {} : { 'keep-alive': cap ?? `${minutes}m` };
      const reply = await runSetLoad(
        {
          services,
          translator: createTranslator(schedule.locale as Locale),
          signal,
          by: ownerOf(schedule, access),
          progress: () => undefined,
        },
        {
          models: writeSet(set.models),
          name: set.name,
          ...(schedule.server === null ? {} : { server: schedule.server }),
          ...keepAlive,
        },
      );
      return announced(reply, schedule, 'plan.schedule.loaded-by');
    },

    async unload(schedule, set, access, signal) {
      const translator = createTranslator(schedule.locale as Locale);
      const server = pickServer(services, schedule.server ?? undefined);
      const by = ownerOf(schedule, access);
      const lines: Text[] = [];
      for (const { name } of set.models) {
        // What somebody else holds, or uses right now, stays.
        const order = {
          by,
          model: name,
          isOperator: true,
          mayInterrupt: false,
          askHolder: false,
          overrideHolds: false,
        };
        const outcome = await loadsOf(services).unload(server, order, { signal, onStep: () => undefined });
        const model = { code: outcome.model };
        if (outcome.result === 'gone' || outcome.result === 'memory-stuck') {
          lines.push(translator.text('plan.schedule.unloaded', { model }));
        } else if (outcome.result === 'needs-yes') {
          lines.push(translator.text('plan.schedule.stays', { model }));
        } else if (outcome.problem !== null && outcome.problem.code !== 'not-loaded') {
          lines.push(problemText(translator, outcome.problem));
        }
      }
      const blocks: Block[] = lines.length === 0 ? [] : [{ kind: 'list', items: lines }];
      const title = translator.text('plan.schedule.ended', { name: { code: set.name }, server: { code: server.name } });
      return announced({ tone: 'neutral', title, blocks }, schedule, 'plan.schedule.ended-by');
    },

    fault(error, locale) {
      const translator = createTranslator(locale);
      const words = explainError(error) ?? { key: 'error.load-failed' as const, params: {} };
      const { private: _private, ...reply } = errorReply(translator, words);
      return reply;
    },
  };
}

/** An answer to nobody who is there: it says on whose behalf, and its buttons are for those who may. */
function announced(
  reply: Reply,
  schedule: SetSchedule,
  key: 'plan.schedule.loaded-by' | 'plan.schedule.ended-by',
): Reply {
  const translator = createTranslator(schedule.locale as Locale);
  const owner = { user: schedule.ownerId, name: schedule.ownerName };
  const text = translator.text(key, { id: schedule.id, name: { code: schedule.setName }, owner });
  return { ...reply, blocks: [...reply.blocks, { kind: 'small', text }] };
}
