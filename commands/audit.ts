import { z } from 'zod';
import { GIB } from '../src/base/bytes.ts';
import { singleLine } from '../src/base/text.ts';
import { type ActionHandler, type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import { CommandError } from '../src/chat/command-error.ts';
import { errorKey } from '../src/chat/error-key.ts';
import type { Reply } from '../src/chat/reply.ts';
import type { Text } from '../src/chat/text.ts';
import { isMessageKey, type Translator } from '../src/chat/translate.ts';
import type { AuditRow } from '../src/servers/audit.ts';
import { completeServer } from './parts/completion.ts';
import { serverOption } from './parts/options.ts';
import type { Services } from './services.ts';

const PAGE_SIZE = 15;
/** What was asked for and what came of it are two rows that become one. */
const READ_AT_ONCE = 4 * PAGE_SIZE;
/** Of what is told of one row, characters. */
const MAX_WHAT = 80;
const MAX_WHY = 120;
const schema = z.object({ server: z.string().trim().min(1).max(64).optional() });
const pageSchema = schema.extend({ beforeId: z.number().int().positive().optional() });

async function list(
  { services, translator }: CommandContext<Services>,
  options: z.output<typeof pageSchema>,
): Promise<Reply> {
  if (services.audit === undefined) {
    throw new CommandError('nothing-kept', {});
  }
  const found = await services.audit.list({
    limit: READ_AT_ONCE,
    ...(options.server === undefined ? {} : { server: options.server }),
    ...(options.beforeId === undefined ? {} : { beforeId: options.beforeId }),
  });
  const rows = withoutAnswered(found).slice(0, PAGE_SIZE);
  const { locale } = translator;
  const when = new Intl.DateTimeFormat(locale, {
    timeZone: services.timeZone,
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const gib = (bytes: number | null) => (bytes === null ? '?' : (bytes / GIB).toFixed(1));
  const line = (row: AuditRow): Text => {
    const params = {
      when: when.format(row.atMs),
      who: singleLine(row.personName, 32),
      what: whatOf(row, translator),
      result: resultOf(row, translator),
      before: gib(row.vramBeforeBytes),
      after: gib(row.vramAfterBytes),
    };
    const measured = row.vramBeforeBytes !== null || row.vramAfterBytes !== null;
    if (row.action === 'asked' && row.result === 'ok') {
      // Written before anything was done: what came of it is not known here.
      return translator.text('audit.line.asked', params);
    }
    return translator.text(measured ? 'audit.line.vram' : 'audit.line', params);
  };
  const last = rows.at(-1);
  return {
    tone: 'neutral',
    title:
      rows.length === 0 ? translator.text('audit.title.none') : translator.text('audit.title', { count: rows.length }),
    blocks: rows.length === 0 ? [] : [{ kind: 'list', items: rows.map(line) }],
    actions:
      rows.length < PAGE_SIZE || last === undefined
        ? []
        : [
            {
              label: translator.t('audit.older'),
              style: 'secondary',
              target: 'edit',
              call: {
                handler: 'audit.page',
                payload: { beforeId: last.id, ...(options.server === undefined ? {} : { server: options.server }) },
              },
            },
          ],
  };
}

/** What somebody asked for is told where nothing came of it, such as when the program was ended in the middle. */
function withoutAnswered(rows: readonly AuditRow[]): readonly AuditRow[] {
  const ended = new Map<string, number>();
  return rows.filter((row) => {
    const act = row.action === 'asked' ? commandOf(row)?.split(/[. ]/, 1)[0] : row.action.replace(/^hold-.*/, 'load');
    const key = `${row.personId} ${act}`;
    const count = ended.get(key) ?? 0;
    if (row.action !== 'asked') {
      ended.set(key, count + 1);
      return true;
    }
    ended.set(key, Math.max(0, count - 1));
    return count === 0;
  });
}

function commandOf({ args }: AuditRow): string | null {
  const command = typeof args === 'object' && args !== null ? Reflect.get(args, 'command') : null;
  return typeof command === 'string' ? command : null;
}

/** What a row tells of: the act, how often, on what and where. */
function whatOf(row: AuditRow, translator: Translator): string {
  const { action, args, target, server } = row;
  const command = commandOf(row) ?? '';
  const button = `audit.button.${command}`;
  const key = `audit.action.${action}`;
  // A button of a load is not its command; a name that this version does not know was written by another one.
  const params = { command: isMessageKey(button) ? translator.t(button) : `/${command.split('.', 1)[0]}` };
  const act = isMessageKey(key) ? translator.t(key, params) : action;
  const times = typeof args === 'object' && args !== null ? Reflect.get(args, 'times') : null;
  const what = [act, target, server === null ? null : `@${server}`].filter((part) => part !== null).join(' ');
  const short = singleLine(what, MAX_WHAT);
  return typeof times === 'number' ? translator.t('audit.times', { what: short, times }) : short;
}

/** How it ended, and why in a few words; a code without any is what the sentences of errors are looked up by. */
function resultOf({ result, code }: AuditRow, translator: Translator): string {
  const ended = translator.t(`audit.result.${result}`);
  if (code === null) {
    return ended;
  }
  const key = `audit.why.${code}`;
  const sentence = errorKey(code);
  const why = isMessageKey(key) ? translator.t(key) : sentence === null ? code : translator.t(sentence);
  return translator.t('audit.ended', { result: ended, why: singleLine(why, MAX_WHY) });
}

/** `/audit`: who did what, for administrators. */
export const auditCommand: Command<Services> = {
  name: 'audit',
  description: 'audit.description',
  run: runnable<Services, typeof schema>({
    description: 'audit.description',
    access: 'admin',
    acts: false,
    private: true,
    options: [serverOption],
    schema,
    run: (context, options) => list(context, options),
    complete: completeServer,
  }),
};

export const auditPage: ActionHandler<Services> = {
  name: 'audit.page',
  access: 'admin',
  acts: false,
  payload: pageSchema,
  run: list,
};
