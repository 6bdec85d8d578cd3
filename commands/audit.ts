import { z } from 'zod';
import { GIB } from '../src/base/bytes.ts';
import { type ActionHandler, type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import { CommandError } from '../src/chat/command-error.ts';
import type { Reply } from '../src/chat/reply.ts';
import type { Text } from '../src/chat/text.ts';
import { completeServer } from './parts/completion.ts';
import { serverOption } from './parts/options.ts';
import type { Services } from './services.ts';

const PAGE_SIZE = 15;
const schema = z.object({ server: z.string().trim().min(1).max(64).optional() });
const pageSchema = schema.extend({ beforeId: z.number().int().positive().optional() });

async function list(
  { services, translator }: CommandContext<Services>,
  options: z.output<typeof pageSchema>,
): Promise<Reply> {
  if (services.audit === undefined) {
    throw new CommandError('nothing-kept', {});
  }
  const rows = await services.audit.list({
    limit: PAGE_SIZE,
    ...(options.server === undefined ? {} : { server: options.server }),
    ...(options.beforeId === undefined ? {} : { beforeId: options.beforeId }),
  });
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
  const line = (row: (typeof rows)[number]): Text => {
    const result = translator.t(`audit.result.${row.result}`);
    const params = {
      when: when.format(row.atMs),
      who: row.personName.slice(0, 32),
      what: `${row.action} ${row.target ?? ''}${row.server === null ? '' : ` @${row.server}`}`.slice(0, 80),
      result: row.code === null ? result : `${result}: ${row.code.slice(0, 40)}`,
      before: gib(row.vramBeforeBytes),
      after: gib(row.vramAfterBytes),
    };
    const measured = row.vramBeforeBytes !== null || row.vramAfterBytes !== null;
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
