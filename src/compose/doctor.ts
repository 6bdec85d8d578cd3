import type { Translator } from '../chat/translate.ts';
import { examineServer, type Finding } from '../servers/doctor.ts';
import { type Config, ConfigError, readConfig } from '../settings/config.ts';
import { StoreError } from '../store/errors.ts';
import { printFindings } from '../tool/doctor.ts';
import { type App, compose } from './compose.ts';
import { createLog } from './log.ts';

/** `headroom doctor`: the configuration first; nothing else can be looked at before it is right. */
export async function runDoctor(translator: Translator, write: (text: string) => void): Promise<number> {
  let config: Config;
  try {
    config = readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    const faults = error.faults.map(
      (fault): Finding => ({ level: 'fault', remark: { code: 'config-fault', params: { ...fault } } }),
    );
    return printFindings(faults, translator, write);
  }
  const log = createLog('silent');
  let app: App;
  try {
    app = await compose({ config, log });
  } catch (error) {
    if (!(error instanceof StoreError)) {
      throw error;
    }
    const remark = { code: config.database === null ? 'data-fault' : 'database-fault', params: { code: error.code } };
    return printFindings(
      [
        { level: 'ok', remark: { code: 'config-ok', params: {} } },
        { level: 'fault', remark },
      ],
      translator,
      write,
    );
  }
  const { token } = config.discord;
  const findings: Finding[] = [
    { level: 'ok', remark: { code: 'config-ok', params: {} } },
    ...(await Promise.all(app.services.servers.servers.map(examineServer))).flat(),
    ...((await app.services.examineSelf?.()) ?? []),
    ...(token === null
      ? [{ level: 'warning' as const, remark: { code: 'discord-none', params: {} } }]
      : await (await import('../discord/doctor.ts')).examineDiscord({
          ...config.discord,
          roles: config.roles,
          token,
          log,
        })),
  ];
  await app.close();
  return printFindings(findings, translator, write);
}
