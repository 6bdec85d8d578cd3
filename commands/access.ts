import type { Access } from '../src/chat/command.ts';

/**
 * Who may use what: the one table of rights. docs/access.md prints it, a test walks through every cell with the real
 * adapter. A change here gives or takes somebody's right: it is made on purpose or not at all.
 */

/** What somebody may use, and who may besides; that is looked at where the thing is known. */
export interface Right {
  readonly access: Access;
  readonly also?: string;
}

export const COMMAND_RIGHTS: Readonly<Record<string, Right>> = {
  fit: { access: 'everyone' },
  'plan check': { access: 'everyone' },
  'plan save': { access: 'operator' },
  'plan load': { access: 'operator' },
  'plan list': { access: 'everyone' },
  'plan delete': { access: 'everyone', also: 'only who kept the set, and operators' },
  'plan schedule': { access: 'operator' },
  'plan stop': { access: 'everyone', also: 'only who made the schedule, and operators' },
  explain: { access: 'everyone' },
  load: { access: 'operator' },
  unload: { access: 'everyone', also: 'only operators and the holder of the model' },
  ps: { access: 'everyone' },
  why: { access: 'everyone', also: 'who loaded a model that nobody holds any more: admins' },
  vram: { access: 'everyone' },
  models: { access: 'everyone' },
  bench: { access: 'operator' },
  'reserve add': { access: 'operator' },
  'reserve list': { access: 'everyone' },
  'reserve stop': { access: 'everyone', also: 'only who booked, and admins' },
  'status now': { access: 'everyone' },
  'status schedule': { access: 'operator' },
  'status list': { access: 'everyone' },
  'status stop': { access: 'everyone', also: 'only who made the schedule, and operators' },
  'notify when-fits': { access: 'everyone' },
  'notify when-free': { access: 'everyone' },
  'notify list': { access: 'everyone', also: 'own ones only' },
  'notify stop': { access: 'everyone', also: 'own ones only' },
  pull: { access: 'admin' },
  delete: { access: 'admin' },
  audit: { access: 'admin' },
  doctor: { access: 'everyone' },
  help: { access: 'everyone' },
};

/** What can be done with a message that somebody points at, by its English label. */
export const MESSAGE_RIGHTS: Readonly<Record<string, Right>> = {
  'Explain this log': { access: 'everyone' },
};

export const BUTTON_RIGHTS: Readonly<Record<string, Right>> = {
  'fit.explain': { access: 'everyone' },
  'fit.launch': { access: 'everyone' },
  'fit.sweep': { access: 'everyone' },
  'models.page': { access: 'everyone' },
  'pull.start': { access: 'admin', also: 'only who asked for it' },
  'pull.cancel': { access: 'admin' },
  'delete.confirm': { access: 'admin', also: 'only who asked for it' },
  'audit.page': { access: 'admin' },
  'load.cancel': { access: 'everyone', also: 'only who asked for the load, and admins' },
  'load.instead': { access: 'operator' },
  'load.override': { access: 'admin' },
  'load.extend': { access: 'operator' },
  'load.release': { access: 'everyone', also: 'only the holder, and admins' },
  'load.agree': { access: 'everyone', also: 'only the holder' },
  'load.keep': { access: 'everyone', also: 'only the holder' },
  'plan.load': { access: 'operator' },
  'plan.instead': { access: 'operator' },
  'plan.override': { access: 'admin' },
  'plan.keep': { access: 'operator' },
  'unload.confirm': { access: 'everyone', also: 'as /unload' },
  'unload.override': { access: 'admin' },
};

/** Who somebody is to Discord. */
export const PEOPLE = ['member', 'may Manage Server', 'has an operator role', 'has an admin role'] as const;
/** Where it is asked, with and without DISCORD_GUILD_IDS. */
export const PLACES = ['a named server', 'another server', 'a direct message', 'any server, none named'] as const;

/** What a person may at a place; `refused`: nothing is answered but that. */
export type Granted = Access | 'refused';

type ByPerson = Readonly<Record<(typeof PEOPLE)[number], Granted>>;

/** Rights by place and person, with and without OPERATOR_ROLES and ADMIN_ROLES. */
export const RIGHTS: Readonly<
  Record<(typeof PLACES)[number], { readonly roles: ByPerson; readonly noRoles: ByPerson }>
> = {
  'a named server': {
    roles: everybody('everyone', { 'has an operator role': 'operator', 'has an admin role': 'admin' }),
    noRoles: everybody('everyone', { 'may Manage Server': 'admin' }),
  },
  'another server': { roles: everybody('refused'), noRoles: everybody('refused') },
  // Commands are refused there; a button of the bot's own message is answered as to everyone.
  'a direct message': { roles: everybody('refused'), noRoles: everybody('refused') },
  'any server, none named': {
    roles: everybody('everyone', { 'has an operator role': 'operator', 'has an admin role': 'admin' }),
    noRoles: everybody('everyone'),
  },
};

function everybody(access: Granted, but: Partial<ByPerson> = {}): ByPerson {
  return {
    member: access,
    'may Manage Server': access,
    'has an operator role': access,
    'has an admin role': access,
    ...but,
  };
}
