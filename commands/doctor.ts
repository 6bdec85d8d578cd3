import { z } from 'zod';
import { type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import type { Reply } from '../src/chat/reply.ts';
import type { Span, Text } from '../src/chat/text.ts';
import { isMessageKey, type Translator } from '../src/chat/translate.ts';
import { pickServer } from '../src/servers/asking/pick-server.ts';
import { examineServer, type Finding } from '../src/servers/doctor.ts';
import { completeServer } from './parts/completion.ts';
import { serverOption } from './parts/options.ts';
import type { Services } from './services.ts';

const schema = z.object({ server: z.string().trim().min(1).max(64).optional() });

/** A finding in words; codes of GPU sources have their own rows. */
export function findingText(finding: Finding, translator: Translator): Text {
  const { code, params } = finding.remark;
  const ofGpus = code.startsWith('gpu-error.');
  const key = ofGpus ? code : `doctor.${code}`;
  const text = isMessageKey(key) ? translator.text(key, params) : code;
  const spans: readonly Span[] = typeof text === 'string' ? [text] : text;
  // What a GPU source says does not name the server.
  const server = ofGpus ? translator.t('doctor.of', { server: params.server ?? '' }) : '';
  return [{ bold: translator.t(`doctor.level.${finding.level}`) }, `  ${server}`, ...spans];
}

async function run(
  { services, translator }: CommandContext<Services>,
  options: z.output<typeof schema>,
): Promise<Reply> {
  const servers = options.server === undefined ? services.servers.servers : [pickServer(services, options.server)];
  const [found, own] = await Promise.all([Promise.all(servers.map(examineServer)), services.examineSelf?.()]);
  const findings = [...found.flat(), ...(own ?? [])];
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const [faults, warnings] = [count('fault'), count('warning')];
  const order = { fault: 0, warning: 1, ok: 2 } as const;
  const sorted = [...findings].sort((a, b) => order[a.level] - order[b.level]);
  return {
    tone: faults > 0 ? 'bad' : warnings > 0 ? 'warning' : 'good',
    title:
      faults > 0
        ? translator.text('doctor.title.fault', { count: faults })
        : warnings > 0
          ? translator.text('doctor.title.warning', { count: warnings })
          : translator.text('doctor.title.ok'),
    blocks: [{ kind: 'list', items: sorted.map((finding) => findingText(finding, translator)) }],
    ...(faults > 0 ? { failed: true } : {}),
  };
}

/** `/doctor`: looks at the servers and says what to mend. */
export const doctorCommand: Command<Services> = {
  name: 'doctor',
  description: 'doctor.description',
  run: runnable<Services, typeof schema>({
    description: 'doctor.description',
    access: 'everyone',
    private: true,
    options: [serverOption],
    schema,
    run,
    complete: completeServer,
  }),
};
