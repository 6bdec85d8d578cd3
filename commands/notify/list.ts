import type { CommandContext } from '../../src/chat/command.ts';
import type { Reply } from '../../src/chat/reply.ts';
import type { Services } from '../services.ts';
import { keeperOf, serverText } from './made.ts';

/** Ended watches that a list shows, and for how long, ms. */
const MAX_ENDED = 5;
const ENDED_MS = 24 * 3_600_000;
/** Rows of buttons have a limit on every platform. */
const MAX_BUTTONS = 10;

/** `/notify list`: what waits, and what became of the latest ones. */
export async function listReply(context: CommandContext<Services>): Promise<Reply> {
  const { translator, person, place, services } = context;
  const nowMs = services.now();
  const all = await keeperOf(services).list(person.id, place.platform.name);
  const waiting = all.filter((watch) => watch.state === 'waiting').reverse();
  const ended = all
    .filter((watch) => watch.settledAtMs !== null && nowMs - watch.settledAtMs < ENDED_MS)
    .slice(0, MAX_ENDED);
  const items = [...waiting, ...ended].map((watch) => {
    const state = translator.t(`notify.state.${watch.state}`, {
      left: Math.max(0, watch.expiresAtMs - nowMs),
      ago: Math.max(0, nowMs - (watch.settledAtMs ?? nowMs)),
    });
    const params = { id: watch.id, server: serverText(context, watch.server), state };
    return watch.kind === 'when-fits'
      ? translator.text('notify.list.fits', { ...params, model: { code: watch.model ?? '' }, ctx: watch.numCtx ?? 0 })
      : translator.text('notify.list.free', { ...params, wanted: watch.freeBytes ?? 0 });
  });
  return {
    tone: 'neutral',
    title:
      waiting.length === 0
        ? translator.text('notify.list.none')
        : translator.text('notify.list.title', { count: waiting.length }),
    blocks: items.length === 0 ? [] : [{ kind: 'list', items }],
    actions: waiting.slice(0, MAX_BUTTONS).map((watch) => ({
      label: translator.t('notify.action.stop', { id: watch.id }),
      style: 'secondary',
      call: { command: 'notify', subcommand: 'stop', options: { id: watch.id } },
      onlyFor: [person.id],
    })),
    private: true,
  };
}

/** `/notify stop`. Throws `watch-unknown`. */
export async function stopReply(context: CommandContext<Services>, id: number): Promise<Reply> {
  await keeperOf(context.services).end(id, context.person.id, context.place.platform.name);
  return { tone: 'good', title: context.translator.text('notify.stopped', { id }), blocks: [], private: true };
}
