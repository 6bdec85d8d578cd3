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

interface Session {
  readonly id: string;
  readonly events: { readonly s: number; readonly t: string; readonly d: unknown }[];
}

interface Closed {
  readonly code: number;
  readonly at: number;
}

/** Discord's gateway as one bot sees it: HELLO, IDENTIFY, READY, HEARTBEAT, RESUME with replay, and events. */
export class Gateway {
  readonly closes: Closed[] = [];
  readonly counts = { identify: 0, resume: 0, heartbeat: 0 };
  /** Set to false to let heartbeats go unanswered. */
  answerHeartbeats = true;
  readonly #settings: GatewaySettings;
  readonly #server: WebSocketServer;
  #socket: WebSocket | null = null;
  #session: Session | null = null;
  #ready = false;
  #waiting: [string, unknown][] = [];
  #listeners = new Set<() => void>();

  constructor(http: Server, settings: GatewaySettings) {
    this.#settings = settings;
    this.#server = new WebSocketServer({ server: http, path: '/gateway' });
    this.#server.on('connection', (socket) => this.#accept(socket));
  }

  get connected(): boolean {
    return this.#ready && this.#socket !== null;
  }

  /** Sends an event now, or as soon as the bot is connected. */
  dispatch(type: string, data: unknown): void {
    if (this.#session === null) {
      this.#waiting.push([type, data]);
      return;
    }
    const event = { s: this.#session.events.length + 1, t: type, d: data };
    this.#session.events.push(event);
    if (this.connected) this.#send(this.#socket!, { op: 0, ...event });
  }

  /** Waits for a connected bot, after at least so many sessions were begun. */
  async waitConnected(timeoutMs = 10_000, sessions = 0): Promise<void> {
    const holds = () => this.connected && this.counts.identify >= sessions;
    await this.#waitUntil(holds, timeoutMs, 'the bot did not connect to the gateway');
  }

  async waitClosed(count = 1, timeoutMs = 10_000): Promise<Closed> {
    await this.#waitUntil(() => this.closes.length >= count, timeoutMs, 'the bot did not close its gateway session');
    return this.closes[count - 1]!;
  }

  /** Ends the connection from Discord's side. */
  drop(code: number): void {
    this.#socket?.close(code);
  }

  /** Tells the bot that its session is void (op 9) or that it shall reconnect (op 7). */
  invalidate(resumable: boolean): void {
    if (!resumable) this.#session = null;
    this.#ready = false;
    if (this.#socket !== null) this.#send(this.#socket, { op: 9, d: resumable });
  }

  requestReconnect(): void {
    if (this.#socket !== null) this.#send(this.#socket, { op: 7, d: null });
  }

  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  #accept(socket: WebSocket): void {
    this.#socket = socket;
    this.#ready = false;
    this.#send(socket, { op: 10, d: { heartbeat_interval: this.#settings.heartbeatMs } });
    socket.on('message', (data) => this.#receive(socket, JSON.parse(String(data)) as { op: number; d: unknown }));
    socket.on('close', (code) => {
      if (this.#socket === socket) {
        this.#socket = null;
        this.#ready = false;
      }
      this.closes.push({ code, at: Date.now() });
      // A normal close ends the session; with any other it can be resumed.
      if (code === 1000 || code === 1001) this.#session = null;
      this.#changed();
    });
  }

  #receive(socket: WebSocket, { op, d }: { op: number; d: unknown }): void {
    const data = (d ?? {}) as Record<string, unknown>;
    if (op === 1) {
      this.counts.heartbeat += 1;
      if (this.answerHeartbeats) this.#send(socket, { op: 11 });
    } else if (op === 2) {
      this.counts.identify += 1;
      if (data.token !== this.#settings.token) {
        socket.close(4004);
        return;
      }
      if (data.intents !== 1) this.#settings.violation(`IDENTIFY asks for the intents ${String(data.intents)}`);
      this.#session = { id: randomUUID(), events: [] };
      this.#ready = true;
      const { ready, after } = this.#settings.hello();
      this.dispatch('READY', { ...ready, session_id: this.#session.id, resume_gateway_url: this.#settings.url() });
      for (const [type, payload] of after) this.dispatch(type, payload);
      for (const [type, payload] of this.#waiting.splice(0)) this.dispatch(type, payload);
      this.#changed();
    } else if (op === 6) {
      this.counts.resume += 1;
      if (this.#session === null || data.session_id !== this.#session.id) {
        this.#send(socket, { op: 9, d: false });
        return;
      }
      const missed = this.#session.events.filter((event) => event.s > Number(data.seq));
      for (const event of missed) this.#send(socket, { op: 0, ...event });
      this.#ready = true;
      this.dispatch('RESUMED', {});
      this.#changed();
    }
  }

  #send(socket: WebSocket, payload: unknown): void {
    socket.send(JSON.stringify(payload));
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #waitUntil(holds: () => boolean, timeoutMs: number, complaint: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error) => {
        this.#listeners.delete(check);
        clearTimeout(timer);
        if (error) reject(error);
        else resolve();
      };
      const check = () => {
        if (holds()) done();
      };
      const timer = setTimeout(() => done(new Error(complaint)), timeoutMs);
      this.#listeners.add(check);
      check();
    });
  }
}
