import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DiscordStandIn } from '../support/discord-stand-in/index.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** How a bot process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly tookMs: number;
}

/** A bot as its own process, with nothing of this process' environment but the path. */
export class BotProcess {
  readonly dataDir: string;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #exited: Promise<[number | null, NodeJS.Signals | null]>;

  private constructor(child: ChildProcess, dataDir: string) {
    this.dataDir = dataDir;
    this.#child = child;
    child.stdout?.on('data', (chunk) => {
      this.stdout += String(chunk);
    });
    child.stderr?.on('data', (chunk) => {
      this.stderr += String(chunk);
    });
    this.#exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  }

  /** Starts a script (default: the bot itself) against the stand-in and waits until it is connected. */
  static async start(
    discord: DiscordStandIn,
    settings: {
      readonly script?: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly dataDir?: string;
    } = {},
  ): Promise<BotProcess> {
    const dataDir = settings.dataDir ?? (await mkdtemp(join(tmpdir(), 'headroom-e2e-')));
    const identified = discord.gateway.counts.identify + 1;
    const child = spawn(process.execPath, [settings.script ?? 'src/main.ts'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH ?? '',
        DISCORD_TOKEN: discord.token,
        DISCORD_API_URL: discord.apiUrl,
        DISCORD_GUILD_IDS: discord.guildId,
        DATA_DIR: dataDir,
        LOG_LEVEL: 'info',
        TZ: 'UTC',
        ...settings.env,
      },
    });
    const bot = new BotProcess(child, dataDir);
    try {
      await Promise.race([
        discord.gateway.waitConnected(30_000, identified),
        bot.#exited.then(([code]) => Promise.reject(new Error(`the bot ended with ${String(code)}`))),
      ]);
    } catch (error) {
      await bot.kill();
      throw new Error(`${String(error)}\n${bot.stderr.slice(-4_000)}`, { cause: error });
    }
    return bot;
  }

  /** Asks the process to end, as a service manager does. */
  async terminate(): Promise<Exit> {
    const at = Date.now();
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 15_000);
    const [code, signal] = await this.#exited;
    clearTimeout(timer);
    return { code, signal, tookMs: Date.now() - at };
  }

  /** Stops the process where it stands: connections stay open, nothing is answered. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Ends the process whatever it does, and removes its data. */
  async kill(keepData = false): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await this.#exited;
    }
    if (!keepData) {
      await rm(this.dataDir, { recursive: true, force: true });
    }
  }
}

/** Waits until `look` gives something, asking again every few milliseconds. */
export async function eventually<T>(look: () => T | null | undefined | false, timeoutMs = 10_000): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) {
      return found;
    }
    if (Date.now() > until) {
      throw new Error(`it did not happen within ${timeoutMs} ms: ${String(look)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Text as people read it: Discord's escapes taken away. */
export function readable(text: string): string {
  return text.replace(/\\([^0-9A-Za-z\s])/g, '$1').replaceAll('\u200b', '');
}
