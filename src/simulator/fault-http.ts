/** How the faults of the HTTP side look on the wire. */

import type { ServerResponse } from 'node:http';
import { type Clock, sleep } from './clock.ts';
import type { HttpFault } from './faults.ts';
import { sendJson, sendText } from './http.ts';

const ENDLESS_CHUNK = `{"models":[${'{"name":"again","size":1},'.repeat(2000)}`;

/**
 * Plays a fault. Returns true when the request is still to be answered (`slow`).
 */
export async function playFault(
  fault: HttpFault,
  response: ServerResponse,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  switch (fault.kind) {
    case 'hang':
      return false;
    case 'slow':
      await sleep(clock, fault.ms, signal).catch(() => undefined);
      return !signal.aborted;
    case 'reset':
      response.socket?.resetAndDestroy();
      return false;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"models":[', () => response.destroy());
      return false;
    case 'status':
      if (fault.json) {
        sendJson(response, fault.status, { error: fault.text });
      } else {
        sendText(response, fault.status, fault.text);
      }
      return false;
    case 'garbage':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('<html><body>It works!</body></html>\n');
      return false;
    case 'wrong-fields':
      sendJson(response, 200, { hello: 'world', models: [{ title: 'no name' }] });
      return false;
    case 'redirect':
      response.writeHead(302, { location: fault.location }).end();
      return false;
    case 'endless': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const pour = () => {
        while (!signal.aborted && !response.destroyed && response.write(ENDLESS_CHUNK)) {}
      };
      response.on('drain', pour);
      pour();
      return false;
    }
  }
}
