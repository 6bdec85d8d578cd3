import type { CommandContext } from '../../src/chat/command.ts';
import { CommandError } from '../../src/chat/command-error.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import type { LoadService } from '../../src/servers/loading/service.ts';
import type { LoadOrder } from '../../src/servers/loading/types.ts';
import { withAnnouncement } from '../parts/long-work.ts';
import type { Services } from '../services.ts';
import { Checklist } from './checklist.ts';
import type { LoadOptions } from './options.ts';
import { requesterOf } from './people.ts';
import { loadReply, runningReply } from './reply.ts';

/** The loads of this program. Throws `no-loads-here` in the command-line tool. */
export function loadsOf(services: Services): LoadService {
  if (services.loads === undefined) {
    throw new CommandError('no-loads-here');
  }
  return services.loads;
}

/** What the requester agreed to beforehand, by pressing a button that said so. */
export interface Permissions {
  readonly mayUnload: readonly string[];
  readonly mayInterrupt: boolean;
  readonly overrideHolds: boolean;
}

const NONE: Permissions = { mayUnload: [], mayInterrupt: false, overrideHolds: false };

/** Loads, showing each step in one message. */
export async function runLoad(
  context: CommandContext<Services>,
  options: LoadOptions,
  permissions: Permissions = NONE,
): Promise<Reply> {
  const { services, translator, signal, person, place } = context;
  const loads = loadsOf(services);
  const server = pickServer(services, options.server);
  services.consents?.remember(person.id, translator.locale);
  const order: LoadOrder = {
    model: options.model,
    partial: options.partial,
    by: requesterOf({ person, place }),
    ...permissions,
    ...(options.ctx === undefined ? {} : { numCtx: options.ctx }),
    ...(options['keep-alive'] === undefined ? {} : { keepAlive: options['keep-alive'] }),
    ...(options.alias === undefined ? {} : { alias: options.alias }),
  };
  const begunMs = services.now();
  const checklist = new Checklist(services.now);
  let id = '';
  const show = () => context.progress(runningReply(options, server.name, checklist, id, person.id, translator));
  const started = loads.load(server, order, {
    signal,
    onStep: (step) => {
      checklist.add(step);
      show();
    },
  });
  id = started.id;
  const outcome = await started.done;
  const reply = loadReply(outcome, checklist, options, order.by, translator, services);
  // Whoever pressed Cancel knows.
  return outcome.result === 'canceled' ? reply : withAnnouncement(reply, person, services.now() - begunMs);
}
