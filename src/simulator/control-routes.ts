/** The simulator's own endpoints under /simulator, and /metrics: the cards seen and steered from outside. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { faultsRequest } from './faults.ts';
import { readJson, sendJson, sendText } from './http.ts';
import { renderMetrics } from './metrics.ts';
import { runNvidiaSmi } from './nvidia-smi.ts';
import type { Simulator } from './simulator.ts';
import { ServerFailure } from './types.ts';

const foreignRequest = z.object({
  name: z.string().min(1).max(200).default('python3'),
  gpu: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
});
const advanceRequest = z.object({ ms: z.number().nonnegative() });

/** Whether a path belongs here and not to Ollama. */
export function isControlPath(path: string): boolean {
  return path === '/metrics' || path.startsWith('/simulator/');
}

export async function answerControl(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  try {
    await answer(simulator, request, response, url);
  } catch (error) {
    if (error instanceof ServerFailure) {
      sendJson(response, error.status, { error: error.message });
    } else if (error instanceof z.ZodError) {
      sendJson(response, 400, { error: z.prettifyError(error) });
    } else {
      throw error;
    }
  }
}

async function answer(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /metrics': {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(renderMetrics(simulator.gpus(), simulator.processes(), simulator.now()));
      return;
    }
    case 'GET /simulator/gpus':
      return sendJson(response, 200, { gpus: simulator.gpus(), processes: simulator.processes() });
    case 'GET /simulator/nvidia-smi':
      return sendJson(
        response,
        200,
        runNvidiaSmi(url.searchParams.getAll('arg'), simulator.gpus(), simulator.processes()),
      );
    case 'GET /simulator/loaded':
      return sendJson(response, 200, { loaded: simulator.loaded() });
    case 'POST /simulator/faults':
      simulator.setFaults(faultsRequest.parse(await readJson(request)));
      return sendJson(response, 200, {});
    case 'POST /simulator/foreign': {
      const { name, gpu, bytes } = foreignRequest.parse(await readJson(request));
      return sendJson(response, 200, { bytes: simulator.setForeign(name, gpu, bytes) });
    }
    case 'POST /simulator/advance':
      await simulator.advance(advanceRequest.parse(await readJson(request)).ms);
      return sendJson(response, 200, { now: simulator.now() });
    default:
      return sendText(response, 404, '404 page not found');
  }
}
