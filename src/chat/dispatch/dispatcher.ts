import { randomBytes } from 'node:crypto';
import type { Log } from '../../base/log.ts';
import { within } from '../../base/wait.ts';
import { type ActionRegistry, createActionRegistry } from '../actions.ts';
import type { Access, ActionHandler, Choice, Command, CommandContext, Person, Place, Runnable } from '../command.ts';
import type { Locale } from '../locale.ts';
import type { MessageCommand, PointedMessage } from '../message-command.ts';
import { type MessageKey, messages } from '../messages/index.ts';
import { allows } from '../permissions.ts';
import type { ActionCall, OptionValue, Reply } from '../reply.ts';
import { createTranslator, type Translator } from '../translate.ts';
import { type Explanation, errorReply, explainError } from './errors.ts';
import { GivenUpError, orGivenUp } from './giving-up.ts';
import { createRateLimiter, type RateLimit } from './limit.ts';
import { type RawValue, validateOptions, validatePayload } from './options.ts';
import { createPace, type Pace } from './pace.ts';

/** Work that says nothing else is given up after this time, milliseconds. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** After its signal fired, work has this long to answer by itself, milliseconds. */
const DEFAULT_GRACE_MS = 1_000;
/** What was taken back may have to put a server in order before it answers, milliseconds. */
const TAKEN_BACK_GRACE_MS = 15_000;
/** Completion later than this is of no use to anybody typing, milliseconds. */
const DEFAULT_COMPLETION_MS = 2_000;
const DEFAULT_RATE_LIMIT: RateLimit = { count: 20, windowMs: 60_000 };

/** Nobody is told to try again in 0 s, milliseconds. */
const SHORTEST_TOLD_MS = 1_000;

/** Who asks, where, and in which language. */
export interface Caller {
  readonly person: Person;
  readonly place: Place;
  readonly locale: Locale;
}

export interface DispatchRequest extends Caller {
  readonly command: string;
  readonly subcommand?: string | null;
  /** As typed: unvalidated. Text that stands for a number is read as one. */
  readonly options: Readonly<Record<string, RawValue | null | undefined>>;
}

/** A command for a message that somebody points at. */
export interface MessageRequest extends Caller {
  /** The command's English label. */
  readonly command: string;
  readonly message: PointedMessage;
}

export interface CompleteRequest extends Caller {
  readonly command: string;
  readonly subcommand?: string | null;
  readonly option: string;
  readonly typed: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** Where intermediate states go. */
export interface Responder {
  progress(reply: Reply): void;
  /** Fires when the asker takes the question back: the work ends as at a time-out, and says so. */
  readonly signal?: AbortSignal;
}

/** A request that was looked at and is ready to run (or to be refused). Looking takes no I/O. */
export interface Prepared {
  /** Whether only the asker shall see the answer. */
  readonly private: boolean;
  /** Where the answer to a button goes. */
  readonly target: 'new' | 'edit';
  /** Why `run` will only tell that it is refused; `null` when it will do the work. */
  readonly refusal: MessageKey | null;
  /** Does the work. Call it once. Never rejects. */
  run(responder: Responder): Promise<Reply>;
}

/** How a request ended: `refused` covers access, unknown names, bad options, buttons, and the rate limit. */
export type Outcome = 'ok' | 'failed' | 'refused' | 'timeout' | 'stopped' | 'error';

/** Watches what goes through. A hook that throws is logged and changes nothing. */
export interface DispatchHooks {
  /** Every request when it has ended; `command` is a known name or `unknown`, so it is bounded. */
  finished?(event: { readonly command: string; readonly outcome: Outcome; readonly ms: number }): void;
  /** A request turned away because of who asked: access or a button. */
  refused?(event: Caller & { readonly command: string; readonly why: string }): void;
}

/** What somebody sets about. */
export interface Act extends Caller {
  readonly command: string;
  /** As typed, or as the button carries them. */
  readonly values: Readonly<Record<string, OptionValue>>;
  /** Whether everybody may ask for it. */
  readonly everybody: boolean;
}

export interface DispatcherSettings<S> {
  readonly commands: readonly Command<S>[];
  readonly actionHandlers: readonly ActionHandler<S>[];
  readonly messageCommands?: readonly MessageCommand<S>[];
  readonly services: S;
  readonly log: Log;
  readonly actions?: ActionRegistry;
  readonly hooks?: DispatchHooks;
  /** Told before anything is changed; what it rejects with is told, and nothing is begun. */
  readonly beforeAct?: (act: Act) => Promise<void>;
  /** Per person, on platforms that do not belong to the machine's owner alone. */
  readonly rateLimit?: RateLimit;
  /** When work begins; the terminal's at once. */
  readonly pace?: Pace;
  readonly timeoutMs?: number;
  readonly graceMs?: number;
  readonly completionMs?: number;
  readonly now?: () => number;
}

/** The one way into the commands. Nothing here ever rejects or throws at the caller: every end is a reply. */
export interface Dispatcher {
  readonly actions: ActionRegistry;
  prepare(request: DispatchRequest): Prepared;
  prepareMessage(request: MessageRequest): Prepared;
  /** Turns a request away for a reason that the platform knows; like every refusal it counts against the person. */
  refuse(command: string, caller: Caller, why: MessageKey): Prepared;
  /** A button was pressed. Access is checked again: rights may have changed since it was drawn. */
  preparePress(token: string, caller: Caller): Prepared;
  dispatch(request: DispatchRequest, responder: Responder): Promise<Reply>;
  /** Runs what a button carries, without the button. */
  call(call: ActionCall, caller: Caller, responder: Responder): Promise<Reply>;
  press(token: string, caller: Caller, responder: Responder): Promise<Reply>;
  complete(request: CompleteRequest): Promise<readonly Choice[]>;
  /** Aborts all work and waits until it has answered, at most `waitMs`. New requests are refused. */
  stop(waitMs: number): Promise<void>;
}

interface Job<S> {
  readonly name: string;
  readonly private: boolean;
  readonly timeoutMs: number | null;
  readonly acts: boolean;
  readonly values: Act['values'];
  readonly everybody: boolean;
  start(context: CommandContext<S>): Promise<Reply>;
}

export function createDispatcher<S>(settings: DispatcherSettings<S>): Dispatcher {
  const { services, log, hooks = {} } = settings;
  const now = settings.now ?? Date.now;
  const graceMs = settings.graceMs ?? DEFAULT_GRACE_MS;
  const actions = settings.actions ?? createActionRegistry({ now });
  const limiter = createRateLimiter(settings.rateLimit ?? DEFAULT_RATE_LIMIT, now);
  const commands = new Map(settings.commands.map((command) => [command.name, command]));
  const messageCommands = new Map(
    (settings.messageCommands ?? []).map((command) => [messages[command.label].en as string, command]),
  );
  const handlers = new Map(settings.actionHandlers.map((handler) => [handler.name, handler]));
  const pace = settings.pace ?? createPace();
  const running = new Map<AbortController, Promise<unknown>>();
  let stopping = false;

  const hook = (run: () => void) => {
    try {
      run();
    } catch (error) {
      log.error({ err: error }, 'a dispatch hook failed');
    }
  };

  const refusal = (name: string, caller: Caller, words: Explanation, audited: boolean): Prepared => ({
    private: true,
    target: 'new',
    refusal: words.key,
    run: async () => {
      hook(() => hooks.finished?.({ command: name, outcome: 'refused', ms: 0 }));
      if (audited) {
        hook(() => hooks.refused?.({ ...caller, command: name, why: words.key }));
      }
      return errorReply(createTranslator(caller.locale), words);
    },
  });

  const internal = (name: string, error: unknown, translator: Translator): Reply => {
    const reference = randomBytes(4).toString('hex');
    log.error({ err: error, command: name, reference }, 'a command failed inside');
    return errorReply(translator, { key: 'error.internal', params: { reference: { code: reference } } });
  };

  const find = (command: string, subcommand: string | null | undefined): Runnable<S> | null => {
    const found = commands.get(command);
    if (found === undefined) {
      return null;
    }
    if (subcommand === null || subcommand === undefined || subcommand === '') {
      return found.run ?? null;
    }
    return found.subcommands !== undefined && Object.hasOwn(found.subcommands, subcommand)
      ? (found.subcommands[subcommand] ?? null)
      : null;
  };

  /** The refusal of somebody who asks too often; `null` = go on. It stands before everything that is written down. */
  const tooMany = (name: string, caller: Caller): Prepared | null => {
    const { platform } = caller.place;
    if (platform.belongsToOwner === true) {
      return null;
    }
    const wait = limiter.take(`${platform.name}:${caller.person.id}`);
    return wait > 0
      ? refusal(name, caller, { key: 'error.rate-limited', params: { wait: Math.max(wait, SHORTEST_TOLD_MS) } }, false)
      : null;
  };

  /** The checks that every way in shares. `build` validates and says what to run. */
  const prepareJob = (
    name: string,
    access: Access,
    caller: Caller,
    target: 'new' | 'edit',
    build: () => Job<S>,
  ): Prepared => {
    if (stopping) {
      return refusal(name, caller, { key: 'error.shutting-down', params: {} }, false);
    }
    const limited = tooMany(name, caller);
    if (limited !== null) {
      return limited;
    }
    if (!allows(caller.person.access, access)) {
      return refusal(name, caller, { key: 'error.not-allowed', params: { command: { code: `/${name}` } } }, true);
    }
    const paced = caller.place.platform.belongsToOwner !== true;
    if (paced && !pace.hasRoom(kindOf(name))) {
      return refusal(name, caller, { key: 'error.too-much-at-once', params: {} }, false);
    }
    try {
      const job = build();
      return { private: job.private, target, refusal: null, run: (responder) => execute(job, caller, responder) };
    } catch (error) {
      const words = explainError(error);
      if (words !== null) {
        return refusal(name, caller, words, false);
      }
      const run = async () => internal(name, error, createTranslator(caller.locale));
      return { private: true, target: 'new', refusal: 'error.internal', run };
    }
  };

  const prepareCommand = (request: DispatchRequest, target: 'new' | 'edit'): Prepared => {
    const typed = [request.command, request.subcommand].filter(Boolean).join(' ');
    const runnable = find(request.command, request.subcommand);
    if (runnable === null) {
      const params = { command: { code: `/${typed.slice(0, 64)}` } };
      return (
        tooMany('unknown', request) ?? refusal('unknown', request, { key: 'error.unknown-command', params }, false)
      );
    }
    return prepareJob(typed, runnable.access, request, target, () => {
      const translator = createTranslator(request.locale);
      const { fileAt } = request.place.platform;
      const { options: definitions, schema } = runnable;
      const options = validateOptions(`/${typed}`, definitions, schema, request.options, translator, fileAt);
      return {
        name: typed,
        private: runnable.private ?? false,
        acts: runnable.acts ?? runnable.access !== 'everyone',
        values: givenOnly(request.options),
        everybody: runnable.access === 'everyone',
        timeoutMs: runnable.timeoutMs === undefined ? (settings.timeoutMs ?? DEFAULT_TIMEOUT_MS) : runnable.timeoutMs,
        start: (context) => runnable.run(context, options),
      };
    });
  };

  const prepareMessage = (request: MessageRequest): Prepared => {
    const command = messageCommands.get(request.command);
    if (command === undefined) {
      const params = { command: { code: request.command.slice(0, 64) } };
      return (
        tooMany('unknown', request) ?? refusal('unknown', request, { key: 'error.unknown-command', params }, false)
      );
    }
    return prepareJob(command.name, command.access, request, 'new', () => ({
      name: command.name,
      private: command.private ?? false,
      acts: command.access !== 'everyone',
      values: {},
      everybody: command.access === 'everyone',
      timeoutMs: command.timeoutMs === undefined ? (settings.timeoutMs ?? DEFAULT_TIMEOUT_MS) : command.timeoutMs,
      start: (context) => command.run(context, request.message),
    }));
  };

  const prepareCall = (call: ActionCall, caller: Caller, target: 'new' | 'edit'): Prepared => {
    if ('command' in call) {
      const { person, place, locale } = caller;
      const { command, subcommand = null, options } = call;
      return prepareCommand({ person, place, locale, command, subcommand, options }, target);
    }
    const handler = handlers.get(call.handler);
    if (handler === undefined) {
      return (
        tooMany('unknown', caller) ?? refusal('unknown', caller, { key: 'error.button-unknown', params: {} }, false)
      );
    }
    return prepareJob(handler.name, handler.access, caller, target, () => {
      const payload = validatePayload(handler.payload, call.payload);
      return {
        name: handler.name,
        private: handler.private ?? false,
        acts: handler.acts ?? handler.access !== 'everyone',
        values: call.payload,
        everybody: handler.access === 'everyone',
        timeoutMs: handler.timeoutMs === undefined ? (settings.timeoutMs ?? DEFAULT_TIMEOUT_MS) : handler.timeoutMs,
        start: (context) => handler.run(context, payload),
      };
    });
  };

  const execute = async (job: Job<S>, caller: Caller, responder: Responder): Promise<Reply> => {
    const startedAt = now();
    const translator = createTranslator(caller.locale);
    const controller = new AbortController();
    const { signal } = controller;
    const timer =
      job.timeoutMs === null
        ? null
        : setTimeout(() => {
            controller.abort(new GivenUpError('error.given-up', { duration: job.timeoutMs ?? 0 }, graceMs));
          }, job.timeoutMs);
    const takeBack = () => controller.abort(new GivenUpError('error.canceled', {}, TAKEN_BACK_GRACE_MS));
    responder.signal?.addEventListener('abort', takeBack, { once: true });
    if (responder.signal?.aborted === true) {
      takeBack();
    }
    let settled = false;
    const context: CommandContext<S> = {
      person: caller.person,
      place: caller.place,
      translator,
      services,
      signal,
      progress: (reply) => {
        if (settled) {
          return;
        }
        try {
          responder.progress(reply);
        } catch (error) {
          log.warn({ err: error, command: job.name }, 'progress could not be shown');
        }
      },
    };
    const work = (async () => {
      if (job.acts && settings.beforeAct !== undefined) {
        const { name, values, everybody } = job;
        await settings.beforeAct({ ...caller, command: name, values, everybody });
      }
      signal.throwIfAborted();
      if (caller.place.platform.belongsToOwner === true) {
        return job.start(context);
      }
      const turn = pace.begin(kindOf(job.name), signal);
      const ended = turn instanceof Promise ? await turn : turn;
      // Work without a limit of its time waits in queues of its own, and must not fill this one.
      if (job.timeoutMs === null) {
        ended();
      }
      try {
        return await job.start(context);
      } finally {
        ended();
      }
    })();
    const outcome = orGivenUp(work, signal);
    running.set(controller, outcome);
    let reply: Reply;
    let ended: Outcome;
    try {
      reply = await outcome;
      ended = reply.failed === true ? 'failed' : 'ok';
    } catch (error) {
      const reason = signal.aborted && signal.reason instanceof GivenUpError ? signal.reason : null;
      const words = explainError(reason ?? error);
      if (words === null) {
        reply = internal(job.name, error, translator);
      } else {
        reply = errorReply(translator, words);
      }
      if (words?.key === 'error.given-up') {
        ended = 'timeout';
      } else if (words?.key === 'error.shutting-down' || words?.key === 'error.canceled') {
        ended = 'stopped';
      } else {
        ended = words === null ? 'error' : 'failed';
      }
    }
    settled = true;
    if (timer !== null) {
      clearTimeout(timer);
    }
    running.delete(controller);
    responder.signal?.removeEventListener('abort', takeBack);
    hook(() => hooks.finished?.({ command: job.name, outcome: ended, ms: now() - startedAt }));
    return reply;
  };

  const preparePress = (token: string, caller: Caller): Prepared => {
    const check = actions.check(token, caller.person.id);
    if (!check.ok) {
      return tooMany('button', caller) ?? refusal('button', caller, { key: check.why, params: {} }, true);
    }
    const prepared = prepareCall(check.action.call, caller, check.action.target ?? 'new');
    return {
      ...prepared,
      run: (responder) => {
        // A refused press must not use the button up, and between two presses only the first may pass.
        const again = actions.check(token, caller.person.id);
        if (!again.ok) {
          return refusal('button', caller, { key: again.why, params: {} }, true).run(responder);
        }
        if (prepared.refusal === null) {
          again.consume();
        }
        return prepared.run(responder);
      },
    };
  };

  const complete = async (request: CompleteRequest): Promise<readonly Choice[]> => {
    const { command, subcommand, option, typed, options, person, place, locale } = request;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      controller.abort(new GivenUpError('error.given-up', {}, 0));
    }, settings.completionMs ?? DEFAULT_COMPLETION_MS);
    try {
      const runnable = find(command, subcommand);
      // Whoever types goes on without: a list that comes late is of no use.
      if (stopping || pace.isBehind || runnable?.complete === undefined || !allows(person.access, runnable.access)) {
        return [];
      }
      const context = { person, place, translator: createTranslator(locale), services, signal: controller.signal };
      return await orGivenUp(runnable.complete(context, { option, typed, options }), controller.signal);
    } catch (error) {
      log.debug({ err: error, command, option }, 'completion failed');
      return [];
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    actions,
    prepare: (request) => prepareCommand(request, 'new'),
    prepareMessage,
    preparePress,
    refuse: (command, caller, why) => {
      const known = commands.has(command) ? command : messageCommands.get(command)?.name;
      const name = known ?? 'unknown';
      return tooMany(name, caller) ?? refusal(name, caller, { key: why, params: {} }, true);
    },
    dispatch: (request, responder) => prepareCommand(request, 'new').run(responder),
    call: (call, caller, responder) => prepareCall(call, caller, 'new').run(responder),
    press: (token, caller, responder) => preparePress(token, caller).run(responder),
    complete,
    stop: async (waitMs) => {
      stopping = true;
      // The grace ends before the wait does, so that work which ignores its signal is still answered for.
      for (const controller of running.keys()) {
        controller.abort(new GivenUpError('error.shutting-down', {}, waitMs * 0.75));
      }
      await within(waitMs, Promise.allSettled(running.values()));
    },
  };
}

/** The options that were given: they have been checked to be of the kinds that there are. */
function givenOnly(options: DispatchRequest['options']): Act['values'] {
  return Object.fromEntries(
    Object.entries(options).filter(
      (entry): entry is [string, OptionValue] => entry[1] !== null && entry[1] !== undefined,
    ),
  );
}

/** What shares a queue: a command with its subcommands, or a button's handler. */
function kindOf(name: string): string {
  return name.split(' ', 1)[0]!;
}
