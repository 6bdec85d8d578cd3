import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A network between a program and a server of this machine, which can be taken away in the ways networks fail. */
export class Link {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #state: 'open' | 'closed' | 'silent' = 'open';

  private constructor(targetPort: number) {
    this.#server = createServer((near) => {
      if (this.#state === 'closed') {
        near.destroy();
        return;
      }
      const far = connect(targetPort, '127.0.0.1');
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      const end = () => {
        this.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      };
      for (const [from, to] of [pair, [far, near] as const]) {
        from.on('data', (data) => {
          if (this.#state !== 'silent') {
            to.write(data);
          }
        });
        from.on('error', end);
        from.on('close', () => {
          // Of a peer behind a silent network nothing is heard, not even its end.
          if (this.#state !== 'silent') {
            end();
          }
        });
      }
    });
  }

  static async to(port: number): Promise<Link> {
    const link = new Link(port);
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every connection is reset, and none is taken until {@link mend}. */
  cut(): void {
    this.#state = 'closed';
    this.#drop();
  }

  /** Nothing comes through any more, in neither direction, and nobody is told. */
  silence(): void {
    this.#state = 'silent';
  }

  mend(): void {
    this.#drop();
    this.#state = 'open';
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #drop(): void {
    for (const pair of this.#pairs) {
      this.#pairs.delete(pair);
      for (const socket of pair) {
        socket.resetAndDestroy();
      }
    }
  }
}
