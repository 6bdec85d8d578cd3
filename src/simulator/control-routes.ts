/** The simulator's own endpoints under /simulator, and /metrics: the cards seen and steered from outside. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { faultsRequest } from './faults.ts';
import { readJson, sendJson, sendText } from './http.ts';
import { renderMetrics } from './metrics.ts';
import { runNvidiaSmi } from './nvidia-smi.ts';
import { type GpuProcessView, type GpuView, ServerFailure } from './types.ts';

const foreignRequest = z.object({
  name: z.string().min(1).max(200).default('python3'),
  gpu: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
});
const advanceRequest = z.object({ ms: z.number().nonnegative() });

/** What of the simulated machine can be seen and steered from outside. */
export interface ControlledMachine {
  readonly gpus: () => readonly GpuView[];
  readonly processes: () => readonly GpuProcessView[];
  readonly loaded: () => readonly object[];
  readonly now: () => number;
  readonly setFaults: (faults: z.infer<typeof faultsRequest>) => void;
  /** Bytes that the foreign process holds afterwards. */
  readonly setForeign: (name: string, gpu: number, bytes: number) => number;
  readonly advance: (ms: number) => Promise<void>;
}

/** Whether a path belongs here and not to Ollama. */
export function isControlPath(path: string): boolean {
  return path === '/metrics' || path.startsWith('/simulator/');
}

export async function answerControl(
  machine: ControlledMachine,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  try {
    await answer(machine, request, response, url);
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
  machine: ControlledMachine,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /metrics': {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(renderMetrics(machine.gpus(), machine.processes(), machine.now()));
      return;
    }
    case 'GET /simulator/gpus':
      return sendJson(response, 200, { gpus: machine.gpus(), processes: machine.processes() });
    case 'GET /simulator/nvidia-smi':
      return sendJson(response, 200, runNvidiaSmi(url.searchParams.getAll('arg'), machine.gpus(), machine.processes()));
    case 'GET /simulator/loaded':
      return sendJson(response, 200, { loaded: machine.loaded() });
    case 'POST /simulator/faults':
      machine.setFaults(faultsRequest.parse(await readJson(request)));
      return sendJson(response, 200, {});
    case 'POST /simulator/foreign': {
      const { name, gpu, bytes } = foreignRequest.parse(await readJson(request));
      return sendJson(response, 200, { bytes: machine.setForeign(name, gpu, bytes) });
    }
    case 'POST /simulator/advance':
      await machine.advance(advanceRequest.parse(await readJson(request)).ms);
      return sendJson(response, 200, { now: machine.now() });
    default:
      return sendText(response, 404, '404 page not found');
  }
}
