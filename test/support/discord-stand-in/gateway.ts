import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

interface GatewaySettings {
  readonly token: string;
  readonly heartbeatMs: number;
  readonly url: () => string;
  /** The READY payload without session fields, and the events that follow it. */
  readonly hello: () => { readonly ready: Record<string, unknown>; readonly after: readonly [string, unknown][] };
  readonly violation: (text: string) => void;
}

/** A bot process' session. It outlives its connection unless that ends normally. */
interface Session {
  readonly id: string;
  readonly events: { readonly s: number; readonly t: string; readonly d: unknown }[];
  readonly shard: readonly [id: number, count: number];
  socket: WebSocket | null;
}

/**
 * Whether a session hears of an event: each server belongs to one shard, direct messages to the first
 * (https://discord.com/developers/docs/events/gateway#sharding-sharding-formula).
 */
function hears([id, count]: Session['shard'], guildId: unknown): boolean {
  return typeof guildId === 'string' ? Number((BigInt(guildId) >> 22n) % BigInt(count)) === id : id === 0;
}

interface Closed {
  readonly code: number;
  readonly at: number;
}

/**
 * Discord's gateway as bots see it: HELLO, IDENTIFY, READY, HEARTBEAT, RESUME with replay, and events. Several
 * processes of one bot may connect; each hears what belongs to its shard, and everything without shards.
 */
export class Gateway {
  readonly closes: Closed[] = [];
  readonly counts = { identify: 0, resume: 0, heartbeat: 0 };
  /** What each IDENTIFY asked for. */
  readonly shards: (readonly [id: number, count: number])[] = [];
  /** Set to false to let heartbeats go unanswered. */
  answerHeartbeats = true;
  readonly #settings: GatewaySettings;
  readonly #server: WebSocketServer;
  readonly #sessions = new Map<string, Session>();
  readonly #waiting: [string, unknown][] = [];
  readonly #listeners = new Set<() => void>();

  constructor(http: Server, settings: GatewaySettings) {
    this.#settings = settings;
    this.#server = new WebSocketServer({ server: http, path: '/gateway' });
    this.#server.on('connection', (socket) => this.#accept(socket));
  }

  /** Sessions with a connection. */
  get connections(): number {
    return [...this.#sessions.values()].filter(({ socket }) => socket !== null).length;
  }

  /** Sends an event to every session now or when it resumes, or to the first one that is begun. */
  dispatch(type: string, data: unknown): void {
    if (this.#sessions.size === 0) {
      this.#waiting.push([type, data]);
    }
    for (const session of this.#sessions.values()) {
      if (hears(session.shard, (data as Record<string, unknown> | null)?.guild_id)) {
        this.#dispatchTo(session, type, data);
      }
    }
  }

  /** Waits for a connected bot, after at least so many sessions were begun. */
  async waitConnected(timeoutMs = 10_000, begun = 0): Promise<void> {
    const holds = () => this.connections > 0 && this.counts.identify >= begun;
    await this.#waitUntil(holds, timeoutMs, 'the bot did not connect to the gateway');
  }

  async waitClosed(count = 1, timeoutMs = 10_000): Promise<Closed> {
    await this.#waitUntil(() => this.closes.length >= count, timeoutMs, 'the bot did not close its gateway session');
    return this.closes[count - 1]!;
  }

  /** Ends the connections from Discord's side. */
  drop(code: number): void {
    for (const { socket } of this.#sessions.values()) {
      socket?.close(code);
    }
  }

  /** Tells the bot that its session is void (op 9). */
  invalidate(resumable: boolean): void {
    for (const session of [...this.#sessions.values()]) {
      if (!resumable) {
        this.#sessions.delete(session.id);
      }
      if (session.socket !== null) {
        this.#send(session.socket, { op: 9, d: resumable });
      }
    }
  }

  /** Asks the bot to connect again (op 7). */
  requestReconnect(): void {
    for (const { socket } of this.#sessions.values()) {
      if (socket !== null) {
        this.#send(socket, { op: 7, d: null });
      }
    }
  }

  close(): void {
    for (const client of this.#server.clients) {
      client.terminate();
    }
    this.#server.close();
  }

  #accept(socket: WebSocket): void {
    this.#send(socket, { op: 10, d: { heartbeat_interval: this.#settings.heartbeatMs } });
    socket.on('message', (data) => this.#receive(socket, JSON.parse(String(data)) as { op: number; d: unknown }));
    socket.on('close', (code) => {
      for (const session of [...this.#sessions.values()]) {
        if (session.socket !== socket) {
          continue;
        }
        session.socket = null;
        // A normal close ends the session; with any other it can be resumed.
        if (code === 1000 || code === 1001) {
          this.#sessions.delete(session.id);
        }
      }
      this.closes.push({ code, at: Date.now() });
      this.#changed();
    });
  }

  #receive(socket: WebSocket, { op, d }: { op: number; d: unknown }): void {
    const data = (d ?? {}) as Record<string, unknown>;
    if (op === 1) {
      this.counts.heartbeat += 1;
      if (this.answerHeartbeats) {
        this.#send(socket, { op: 11 });
      }
    } else if (op === 2) {
      this.#identify(socket, data);
    } else if (op === 6) {
      this.#resume(socket, data);
    }
  }

  #identify(socket: WebSocket, data: Record<string, unknown>): void {
    this.counts.identify += 1;
    if (data.token !== this.#settings.token) {
      socket.close(4004);
      return;
    }
    if (data.intents !== 1) {
      this.#settings.violation(`IDENTIFY asks for the intents ${String(data.intents)}`);
    }
    const shard = (data.shard as Session['shard'] | undefined) ?? ([0, 1] as const);
    this.shards.push(shard);
    const session: Session = { id: randomUUID(), events: [], shard, socket };
    this.#sessions.set(session.id, session);
    const { ready, after } = this.#settings.hello();
    const resume_gateway_url = this.#settings.url();
    const guilds = (ready.guilds as { readonly id: string }[]).filter((guild) => hears(shard, guild.id));
    this.#dispatchTo(session, 'READY', { ...ready, guilds, shard, session_id: session.id, resume_gateway_url });
    for (const [type, payload] of after) {
      if (hears(shard, (payload as { readonly id: string }).id)) {
        this.#dispatchTo(session, type, payload);
      }
    }
    for (const [type, payload] of this.#waiting.splice(0)) {
      this.#dispatchTo(session, type, payload);
    }
    this.#changed();
  }

  #resume(socket: WebSocket, data: Record<string, unknown>): void {
    this.counts.resume += 1;
    const session = this.#sessions.get(String(data.session_id));
    if (session === undefined) {
      this.#send(socket, { op: 9, d: false });
      return;
    }
    for (const event of session.events) {
      if (event.s > Number(data.seq)) {
        this.#send(socket, { op: 0, ...event });
      }
    }
    session.socket = socket;
    this.#dispatchTo(session, 'RESUMED', {});
    this.#changed();
  }

  #dispatchTo(session: Session, type: string, data: unknown): void {
    const event = { s: session.events.length + 1, t: type, d: data };
    session.events.push(event);
    if (session.socket !== null) {
      this.#send(session.socket, { op: 0, ...event });
    }
  }

  #send(socket: WebSocket, payload: unknown): void {
    socket.send(JSON.stringify(payload));
  }

  #changed(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }

  #waitUntil(holds: () => boolean, timeoutMs: number, complaint: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error) => {
        this.#listeners.delete(check);
        clearTimeout(timer);
        if (error) {
          reject(error);
        } else {
          resolve();
        }
      };
      const check = () => {
        if (holds()) {
          done();
        }
      };
      const timer = setTimeout(() => done(new Error(complaint)), timeoutMs);
      this.#listeners.add(check);
      check();
    });
  }
}
