import type { Action } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';
import type { LoadOutcome, WayOut } from '../../src/servers/loading/types.ts';
import type { Services } from '../services.ts';
import { keepAliveMs } from './duration.ts';
import type { LoadOptions } from './options.ts';
import { shortNames } from './people.ts';

/** What "keep" means where no time was given. */
const DEFAULT_EXTENSION = '30m';
/** A question that is this old should be asked anew: the server has changed, ms. */
const ROOM_EXPIRES_MS = 15 * 60_000;

/** The buttons under the answer to a load. */
export function loadActions(
  outcome: LoadOutcome,
  options: LoadOptions,
  person: { readonly id: string; readonly isAdmin: boolean },
  translator: Translator,
  services: Services,
): Action[] {
  const actions: Action[] = [];
  const { hold } = outcome;
  if (outcome.result === 'loaded' && hold !== null && hold.holderId === person.id) {
    const target = { server: outcome.server, model: outcome.model };
    const extension = options['keep-alive'] ?? defaultExtension(services);
    const ms = keepAliveMs(extension);
    if (hold.untilMs !== null && ms !== null) {
      actions.push({
        label: translator.t('load.action.extend', { duration: ms }),
        style: 'secondary',
        call: { handler: 'load.extend', payload: { ...target, keepAlive: extension } },
      });
    }
    actions.push({
      label: translator.t('load.action.release'),
      style: 'secondary',
      call: { handler: 'load.release', payload: target },
    });
  }
  if (outcome.result === 'loaded') {
    actions.push({
      label: translator.t('load.action.unload'),
      style: 'secondary',
      call: { command: 'unload', options: { server: outcome.server, model: outcome.model } },
    });
  }
  if (outcome.wayOut !== null) {
    actions.push(...wayOutActions(outcome, outcome.wayOut, options, person, translator));
  }
  const ctx = options.ctx ?? outcome.wayOut?.numCtx;
  if (outcome.result === 'needs-room' && ctx !== undefined && services.watches !== undefined) {
    actions.push({
      label: translator.t('fit.action.notify'),
      style: 'secondary',
      call: {
        command: 'notify',
        subcommand: 'when-fits',
        options: { model: outcome.model, ctx, server: outcome.server },
      },
    });
  }
  return actions;
}

function defaultExtension(services: Services): string {
  const cap = services.limits.maxKeepAlive;
  const [most, usual] = [cap === null ? null : keepAliveMs(cap), keepAliveMs(DEFAULT_EXTENSION)];
  return cap !== null && most !== null && usual !== null && most < usual ? cap : DEFAULT_EXTENSION;
}

function wayOutActions(
  outcome: LoadOutcome,
  { obstacles, numCtx }: WayOut,
  options: LoadOptions,
  person: { readonly id: string; readonly isAdmin: boolean },
  translator: Translator,
): Action[] {
  const isBooked = outcome.problem?.code === 'booked-by-others';
  const models = isBooked ? [] : obstacles.map(({ model }) => model);
  const held = obstacles.flatMap(({ hold }) => (hold === null ? [] : [hold]));
  const inUse = obstacles.some((obstacle) => obstacle.inUse);
  const { server: _server, ctx: _ctx, ...same } = options;
  const payload = {
    ...withoutUndefined(same),
    server: outcome.server,
    ctx: numCtx,
    unload: models.join('\n'),
    interrupt: inUse,
  };
  const button = (label: string, style: Action['style'], handler: string): Action => ({
    label,
    style,
    target: 'edit',
    once: true,
    onlyFor: [person.id],
    expiresInMs: ROOM_EXPIRES_MS,
    call: { handler, payload },
  });
  if (isBooked) {
    const label = translator.t('reserve.action.override');
    return person.isAdmin ? [button(label, 'danger', 'load.override')] : [];
  }
  const params = { models: shortNames(models), ctx: numCtx };
  if (held.length === 0) {
    const self = models.length === 1 && models[0] === outcome.model;
    const key = self ? 'load.action.reload-in-use' : inUse ? 'load.action.instead-in-use' : 'load.action.instead';
    return [button(translator.t(key, params), inUse ? 'danger' : 'primary', 'load.instead')];
  }
  const actions: Action[] = [];
  // Whoever has just said no is not asked again.
  if (!held.some((hold) => outcome.kept.some((kept) => kept.model === hold.model))) {
    const holder = shortNames([...new Set(held.map((hold) => hold.holderName))]);
    actions.push(button(translator.t('load.action.ask', { holder, ctx: numCtx }), 'primary', 'load.instead'));
  }
  if (person.isAdmin) {
    actions.push(button(translator.t('load.action.override', params), 'danger', 'load.override'));
  }
  return actions;
}

function withoutUndefined(options: Readonly<Record<string, string | number | boolean | undefined>>) {
  return Object.fromEntries(
    Object.entries(options).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined),
  );
}
