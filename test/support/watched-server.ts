import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { demoMachine } from '../../src/simulator/demo-machine.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';

/** Models that a watched server has. */
export const WATCHED_MODELS = ['llama3.2:1b', 'gemma3:1b'] as const;

/** A load as Ollama gets it. */
export interface SeenLoad {
  readonly model: string;
  /** Minutes; each person asks for another time, which tells whose load it is. */
  readonly keepAliveMinutes: number;
  /** Number of the process that sent it. */
  readonly bot: number;
}

/** A simulated GPU server, and before it a door that writes down the loads that come through. */
export class WatchedServer {
  readonly name: string;
  readonly loads: SeenLoad[] = [];
  mostAtOnce = 0;
  underWay = 0;
  readonly simulator: Simulator;
  readonly #door: Server;

  private constructor(name: string, simulator: Simulator) {
    this.name = name;
    this.simulator = simulator;
    this.#door = createServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) {
        chunks.push(chunk as Buffer);
      }
      const body = Buffer.concat(chunks);
      const { method, url: path, headers } = incoming;
      if (path === '/api/generate') {
        this.#watch(JSON.parse(body.toString()), Number(headers['x-bot']), response);
      }
      const onward = forward(`${simulator.url}${path}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on('error', () => response.destroy()).pipe(response);
      });
      onward.on('error', () => response.destroy());
      response.on('close', () => onward.destroy());
      onward.end(body);
    });
  }

  static async start(name: string, loadBytesPerSecond: number): Promise<WatchedServer> {
    const models = WATCHED_MODELS.map((model) => ({ spec: builtinCatalogue().find(model)! }));
    const timing = { startupMs: 20, loadBytesPerSecond, recoveryMs: 20 };
    const server = new WatchedServer(name, await startSimulator({ ...demoMachine(models), timing }));
    await new Promise<void>((resolve) => server.#door.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** An entry of SERVERS_FILE. */
  configFor(bot: number) {
    return {
      name: this.name,
      ollama: `http://127.0.0.1:${(this.#door.address() as AddressInfo).port}`,
      gpus: `prometheus+${this.simulator.url}/metrics`,
      headers: { 'x-bot': String(bot) },
    };
  }

  async close(): Promise<void> {
    this.#door.closeAllConnections();
    await new Promise((resolve) => this.#door.close(resolve));
    await this.simulator.close();
  }

  #watch(body: { model: string; keep_alive: number }, bot: number, response: NodeJS.EventEmitter): void {
    this.loads.push({ model: body.model, keepAliveMinutes: body.keep_alive / 60, bot });
    this.underWay += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.underWay);
    response.once('close', () => {
      this.underWay -= 1;
    });
  }
}
