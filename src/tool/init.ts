import { CodedError } from '../base/coded.ts';
import type { MessageKey } from '../chat/messages/index.ts';
import type { MessageParams } from '../chat/translate.ts';
import { examineServer } from '../servers/doctor.ts';
import { createServerRegistry } from '../servers/registry.ts';
import { type ConfigError, readConfig } from '../settings/config.ts';
import { type EnvEntry, envFileExists, envLine, writeEnvFile } from '../settings/env-file.ts';
import type { Listed, Tool, ToolSetup } from './command.ts';
import { printFindings } from './doctor.ts';
import { errorSentences } from './errors.ts';
import { createPrompt, type Prompt } from './prompt.ts';

/** A question that is answered wrongly this often is given up. */
const MAX_TRIES = 5;
const FILE = '.env';
const TOKEN = /^[\w.-]{20,200}$/;

/** Sets Headroom up by questions and answers; each answer is tried before the next question. */
class Interview {
  readonly #tool: Tool;
  readonly #prompt: Prompt;

  constructor(tool: Tool, prompt: Prompt) {
    this.#tool = tool;
    this.#prompt = prompt;
  }

  say(key: MessageKey, params?: MessageParams): void {
    this.#tool.write(`${this.#tool.translator.t(key, params)}\n`);
  }

  /** @throws CodedError `init-ended` when the input has ended */
  async ask(key: MessageKey, params?: MessageParams, hidden = false): Promise<string> {
    const answer = await this.#prompt.ask(`${this.#tool.translator.t(key, params)} `, { hidden });
    if (answer === null) {
      throw new CodedError('init-ended');
    }
    return answer;
  }

  async yes(key: MessageKey, params?: MessageParams): Promise<boolean> {
    return /^(?:y|yes|是|好|对)$/i.test(await this.ask(key, params));
  }

  /** Asks again until the answer will do. @throws CodedError `init-tries` */
  async until<T>(once: () => Promise<T | null>): Promise<T> {
    for (let i = 0; i < MAX_TRIES; i++) {
      const answer = await once();
      if (answer !== null) {
        return answer;
      }
    }
    throw new CodedError('init-tries', { tries: MAX_TRIES });
  }

  /** Numbers of a list, or names; empty = none. */
  async choose(key: MessageKey, list: readonly Listed[], most: number): Promise<readonly Listed[]> {
    if (list.length === 0) {
      return [];
    }
    for (const [i, { name }] of list.entries()) {
      this.#tool.write(`  ${i + 1}  ${name}\n`);
    }
    return this.until(async () => {
      const typed = (await this.ask(key))
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '');
      const chosen = typed.map(
        (word) =>
          list[Number(word) - 1] ??
          list.find(({ id, name }) => id === word || name.toLowerCase() === word.toLowerCase().replace(/^[@#]/, '')),
      );
      if (chosen.includes(undefined) || chosen.length > most) {
        this.say('init.no-such');
        return null;
      }
      return chosen as readonly Listed[];
    });
  }
}

/** `headroom init`: asks, tries each answer, and writes `.env`. */
export async function runInit(tool: Tool): Promise<number> {
  const prompt = createPrompt(tool.input, tool.write);
  const interview = new Interview(tool, prompt);
  try {
    interview.say('init.welcome');
    const replace = envFileExists(FILE) && (await interview.yes('init.replace', { path: FILE }));
    if (envFileExists(FILE) && !replace) {
      throw new CodedError('env-exists', { path: FILE });
    }
    const setup = await tool.setup();
    const entries = [...(await askDiscord(interview, setup)), ...(await askServer(tool, interview))];
    const aside = writeEnvFile(FILE, entries, { replace });
    if (aside !== null) {
      interview.say('init.kept', { path: aside });
    }
    interview.say('init.done', { path: FILE });
    return 0;
  } finally {
    prompt.close();
  }
}

async function askDiscord(interview: Interview, setup: ToolSetup): Promise<readonly EnvEntry[]> {
  interview.say('init.token-where');
  const found = await interview.until(async () => {
    const token = await interview.ask('init.token', {}, true);
    if (token === '') {
      return { token, discord: null, invite: '' };
    }
    if (!TOKEN.test(token)) {
      interview.say('init.token-shape');
      return null;
    }
    const discord = setup.discord(token);
    try {
      const { name, invite } = await discord.identify();
      interview.say('init.bot', { name });
      return { token, discord, invite };
    } catch (error) {
      if (!(error instanceof CodedError)) {
        throw error;
      }
      interview.say(
        error.code === 'discord-token-refused' ? 'doctor.discord-token-refused' : 'doctor.discord-unreachable',
      );
      return null;
    }
  });
  const { token, discord } = found;
  if (discord === null) {
    interview.say('init.no-token');
    return [];
  }
  interview.say('init.invite', { link: found.invite });
  const guilds = await interview.until(async () => {
    await interview.ask('init.invited');
    const list = await discord.guilds();
    if (list.length === 0) {
      interview.say('init.no-guild');
      return null;
    }
    return list;
  });
  const [guild] = await interview.until(async () => {
    const chosen = await interview.choose('init.guild', guilds, 1);
    return chosen.length === 0 ? null : chosen;
  });
  const roles = await discord.roles(guild!.id);
  const operators = await interview.choose('init.operators', roles, 20);
  const admins = await interview.choose('init.admins', roles, 20);
  const [channel] = await interview.choose('init.channel', await discord.channels(guild!.id), 1);
  const ids = (list: readonly Listed[]) => list.map(({ id }) => id).join(',');
  return [
    ['DISCORD_TOKEN', token],
    ['DISCORD_GUILD_IDS', guild!.id],
    ['OPERATOR_ROLES', ids(operators)],
    ['ADMIN_ROLES', ids(admins)],
    ['ALERT_CHANNEL_ID', channel?.id ?? ''],
  ];
}

/** Ollama and its GPUs; what the two say is shown, and what is wrong may be kept all the same. */
async function askServer(tool: Tool, interview: Interview): Promise<readonly EnvEntry[]> {
  return interview.until(async () => {
    const host = (await interview.ask('init.ollama')) || 'http://127.0.0.1:11434';
    interview.say('init.gpus-forms');
    const gpus = (await interview.ask('init.gpus')) || 'auto';
    const entries: readonly EnvEntry[] = [
      ['OLLAMA_HOST', host],
      ['GPU_SOURCE', gpus],
    ];
    try {
      entries.forEach(envLine);
      const registry = createServerRegistry(readConfig(Object.fromEntries(entries)).servers);
      try {
        const findings = await examineServer(registry.defaultServer);
        const faulty = printFindings(findings, tool.translator, tool.write) !== 0;
        return !faulty || (await interview.yes('init.keep')) ? entries : null;
      } finally {
        await registry.close();
      }
    } catch (error) {
      if (error instanceof CodedError && error.code.startsWith('init-')) {
        throw error;
      }
      for (const sentence of errorSentences(error as ConfigError, tool.translator)) {
        tool.write(`${sentence}\n`);
      }
      return null;
    }
  });
}

/** `headroom invite`: the link, for the token of the configuration. */
export async function runInvite(tool: Tool): Promise<number> {
  const { token } = readConfig(process.env).discord;
  if (token === null) {
    throw new CodedError('invite-no-token');
  }
  const setup = await tool.setup();
  const { invite } = await setup.discord(token).identify();
  tool.write(`${invite}\n`);
  return 0;
}
