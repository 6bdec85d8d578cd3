import { GIB } from '../../src/base/bytes.ts';
import type { CommandContext } from '../../src/chat/command.ts';
import { CommandError } from '../../src/chat/command-error.ts';
import type { Reply } from '../../src/chat/reply.ts';
import type { Services } from '../services.ts';
import { askedServers, keeperOf, madeReply, readServer, serverText, watchBase } from './made.ts';

export interface WhenFreeOptions {
  readonly gib: number;
  readonly server?: string | undefined;
  readonly lifeMs: number;
}

/** `/notify when-free`: at once when so much is free already, else a watch. */
export async function whenFree(context: CommandContext<Services>, options: WhenFreeOptions): Promise<Reply> {
  const { services, translator, person } = context;
  const keeper = keeperOf(services);
  const freeBytes = Math.round(options.gib * GIB);
  const servers = askedServers(services, options.server);
  const seen = await Promise.all(
    servers.map(async (server) => {
      const snapshot = await readServer(server);
      const look = await keeper.look(server, snapshot, { kind: 'when-free', freeBytes }, person.id);
      return { server, figures: snapshot.figures, look };
    }),
  );
  const now = seen.find(({ look }) => look?.fits === true);
  if (now !== undefined) {
    const params = { free: now.figures.freeNow?.sum ?? 0, server: { code: now.server.name } };
    return {
      tone: 'good',
      title: translator.text('notify.now.free', params),
      blocks: [{ kind: 'small', text: translator.text('notify.now.no-watch') }],
    };
  }
  const largest = seen.reduce((best, one) =>
    (one.figures.totalBytes ?? 0) > (best.figures.totalBytes ?? 0) ? one : best,
  );
  const isKnown = seen.every(({ figures }) => figures.totalBytes !== null);
  if (isKnown && freeBytes > (largest.figures.totalBytes ?? 0)) {
    const total = largest.figures.totalBytes ?? 0;
    throw new CommandError('watch-never-free', { server: largest.server.name, total, wanted: freeBytes });
  }
  const watch = await keeper.add({
    ...watchBase(context, options.lifeMs, servers),
    kind: 'when-free',
    model: null,
    numCtx: null,
    freeBytes,
  });
  const title = translator.text('notify.made.free', { wanted: freeBytes, server: serverText(context, watch.server) });
  return madeReply(context, title, watch, {
    promised: seen.some(({ look }) => look?.promised === true),
    unknown: seen.every(({ look }) => look === null),
  });
}
