import { z } from 'zod';
import {
  type Choice,
  type Command,
  type CommandContext,
  type CompletionRequest,
  type Runnable,
  runnable,
} from '../../src/chat/command.ts';
import { CommandError } from '../../src/chat/command-error.ts';
import { allows } from '../../src/chat/permissions.ts';
import type { Block, Reply } from '../../src/chat/reply.ts';
import type { Span, Text } from '../../src/chat/text.ts';
import { isMessageKey, type Translator } from '../../src/chat/translate.ts';
import type { StatusSchedules } from '../../src/schedule/posts/schedules.ts';
import { cronWords } from '../../src/schedule/posts/cron-words.ts';
import type { Schedule } from '../../src/schedule/posts/status-source.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import { completeServer } from '../parts/completion.ts';
import { serverOption } from '../parts/options.ts';
import { completeTimeZone } from '../parts/time-zones.ts';
import type { Services } from '../services.ts';
import { statusReply } from './reply.ts';

type Context = CommandContext<Services>;

/** Times that people often want; each is offered with its words. */
const USUAL_TIMES = ['0 9 * * 1-5', '0 9 * * *', '0 9 * * 1', '0 * * * *', '*/15 * * * *'];

/** What makes and ends schedules; they live in a chat with channels. */
function schedulesOf(services: Services): StatusSchedules {
  if (services.schedules === undefined) {
    throw new CommandError('status-needs-discord');
  }
  return services.schedules;
}

const serverSchema = z.string().trim().min(1).max(64).optional();
const nowSchema = z.object({ server: serverSchema });

async function now({ services, translator }: Context, options: z.output<typeof nowSchema>): Promise<Reply> {
  const asked = options.server === undefined ? services.servers.servers : [pickServer(services, options.server)];
  const snapshots = await Promise.all(asked.map((server) => server.snapshot({ maxAgeMs: 2_000, timeoutMs: 1_000 })));
  return statusReply(services, snapshots, translator);
}

const scheduleSchema = z.object({
  cron: z.string().trim().min(1).max(100),
  channel: z.string().trim().min(1).max(32).optional(),
  timezone: z.string().trim().min(1).max(64).optional(),
  mode: z.enum(['post', 'live']).default('post'),
  server: serverSchema,
});

async function schedule(context: Context, options: z.output<typeof scheduleSchema>): Promise<Reply> {
  const { services, translator, place, person } = context;
  const schedules = schedulesOf(services);
  const channelId = options.channel ?? place.channelId;
  if (place.guildId === null || channelId === null) {
    throw new CommandError('status-needs-discord');
  }
  const server = options.server === undefined ? null : pickServer(services, options.server).name;
  const made = await schedules.create({
    ownerId: person.id,
    ownerName: person.name.slice(0, 100),
    platform: place.platform.name,
    guildId: place.guildId,
    fromChannelId: place.channelId,
    channelId,
    cron: options.cron,
    timeZone: options.timezone ?? services.timeZone,
    mode: options.mode,
    server,
    locale: translator.locale,
  });
  return {
    tone: 'good',
    title: translator.text(`status.scheduled.${made.mode}`, { id: made.id, channel: { channel: made.channelId } }),
    blocks: scheduledBlocks(made, schedules, translator),
  };
}

function scheduledBlocks(made: Schedule, schedules: StatusSchedules, translator: Translator): Block[] {
  const [first, second] = schedules.nextDues(made, 2);
  const moment = (ms: number) => ({ time: ms, style: 'long' }) as const;
  const times = translator.text('status.scheduled.times', {
    words: cronWords(made.cron, translator.locale),
    cron: { code: made.cron },
    zone: made.timeZone,
  });
  const blocks: Block[] = [{ kind: 'text', text: times }];
  if (first !== undefined) {
    const text =
      second === undefined
        ? translator.text('status.scheduled.next-one', { first: moment(first) })
        : translator.text('status.scheduled.next', { first: moment(first), second: moment(second) });
    blocks.push({ kind: 'text', text });
  }
  if (made.mode === 'live') {
    blocks.push({ kind: 'text', text: translator.text('status.scheduled.live-how') });
  }
  blocks.push({ kind: 'small', text: translator.text('status.scheduled.stop-how', { id: made.id }) });
  return blocks;
}

async function list({ services, translator, place }: Context): Promise<Reply> {
  const schedules = schedulesOf(services);
  const all = await schedules.list(place.guildId);
  if (all.length === 0) {
    return { tone: 'neutral', title: translator.text('status.list.none'), blocks: [] };
  }
  return {
    tone: all.some(({ state }) => state === 'stopped') ? 'warning' : 'neutral',
    title: translator.text('status.list.title', { count: all.length }),
    blocks: [{ kind: 'list', items: all.map((one) => listItem(one, schedules, translator)) }],
  };
}

function listItem(one: Schedule, schedules: StatusSchedules, translator: Translator): Text {
  const spans: Span[] = [];
  const add = (text: Text) => spans.push(...(typeof text === 'string' ? [text] : text));
  add(
    translator.text('status.list.item', {
      id: one.id,
      mode: translator.t(`status.mode.${one.mode}`),
      channel: { channel: one.channelId },
      words: cronWords(one.cron, translator.locale),
      cron: { code: one.cron },
      zone: one.timeZone,
      owner: { user: one.ownerId, name: one.ownerName },
    }),
  );
  if (one.state === 'stopped') {
    const key = `status.list.stopped.${one.stopReason ?? 'other'}`;
    add(translator.text(isMessageKey(key) ? key : 'status.list.stopped.other'));
    return spans;
  }
  const [next] = one.mode === 'post' ? schedules.nextDues(one, 1) : [];
  if (next !== undefined) {
    add(translator.text('status.list.next', { time: { time: next, style: 'relative' } }));
  }
  return spans;
}

const stopSchema = z.object({ id: z.number().int().min(1) });

async function stop({ services, translator, place, person }: Context, { id }: z.output<typeof stopSchema>) {
  const ended = await schedulesOf(services).end(id, {
    guildId: place.guildId,
    ownerId: allows(person.access, 'operator') ? null : person.id,
  });
  return { tone: 'good', title: translator.text('status.stopped', { id: ended.id }), blocks: [] } satisfies Reply;
}

async function completeSchedule(
  context: Omit<Context, 'progress'>,
  request: CompletionRequest,
): Promise<readonly Choice[]> {
  const typed = request.typed.trim();
  if (request.option === 'server') {
    return completeServer(context, request);
  }
  if (request.option === 'timezone') {
    return completeTimeZone(context.services.timeZone, typed);
  }
  const { translator } = context;
  const offered = USUAL_TIMES.filter((cron) => cron.startsWith(typed) && cron !== typed);
  return [...(typed === '' ? [] : [typed]), ...offered].map((cron) => {
    const words = cronWords(cron, translator.locale);
    return { value: cron, label: words === cron ? cron : translator.t('complete.cron', { cron, words }) };
  });
}

async function completeId(context: Omit<Context, 'progress'>, request: CompletionRequest): Promise<readonly Choice[]> {
  const { services, place } = context;
  const all = (await services.schedules?.list(place.guildId)) ?? [];
  return all
    .filter(({ id }) => String(id).startsWith(request.typed.trim()))
    .map(({ id, cron, timeZone }) => ({
      value: id,
      label: `${id}: ${cronWords(cron, context.translator.locale)} (${timeZone})`,
    }));
}

/** `/status`: everybody sees, operators set; whoever made a schedule may end it. */
export const statusCommand: Command<Services> = {
  name: 'status',
  description: 'status.description',
  example: '/status schedule cron:"0 9 * * 1-5"',
  subcommands: {
    now: runnable<Services, typeof nowSchema>({
      description: 'status.now.description',
      access: 'everyone',
      options: [serverOption],
      schema: nowSchema,
      run: now,
      complete: completeServer,
    }),
    schedule: runnable<Services, typeof scheduleSchema>({
      description: 'status.schedule.description',
      access: 'operator',
      options: [
        { name: 'cron', description: 'option.cron', type: 'string', required: true, maxLength: 100, completes: true },
        { name: 'channel', description: 'option.channel', type: 'channel' },
        { name: 'timezone', description: 'option.timezone', type: 'string', maxLength: 64, completes: true },
        {
          name: 'mode',
          description: 'option.mode',
          type: 'string',
          choices: [
            { value: 'post', label: 'option.mode.post' },
            { value: 'live', label: 'option.mode.live' },
          ],
        },
        serverOption,
      ],
      schema: scheduleSchema,
      run: schedule,
      complete: completeSchedule,
    }),
    list: runnable({
      description: 'status.list.description',
      access: 'everyone',
      options: [],
      schema: z.object({}),
      run: list,
    }) as Runnable<Services>,
    stop: runnable<Services, typeof stopSchema>({
      description: 'status.stop.description',
      access: 'everyone',
      acts: true,
      options: [
        { name: 'id', description: 'option.schedule-id', type: 'integer', required: true, min: 1, completes: true },
      ],
      schema: stopSchema,
      run: stop,
      complete: completeId,
    }),
  },
};
