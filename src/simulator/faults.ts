/** What can be made to go wrong, on purpose. */

import { z } from 'zod';

const httpFault = z.discriminatedUnion('kind', [
  /** Takes the request and never answers. */
  z.object({ kind: z.literal('hang') }),
  /** Answers rightly, later. */
  z.object({ kind: z.literal('slow'), ms: z.number().nonnegative() }),
  /** Cuts the connection. */
  z.object({ kind: z.literal('reset') }),
  /** Begins an answer and cuts the connection. */
  z.object({ kind: z.literal('cut') }),
  z.object({
    kind: z.literal('status'),
    status: z.number().int().min(200).max(599),
    text: z.string(),
    /** False: the text is the whole body, as a proxy sends it. */
    json: z.boolean().default(true),
  }),
  /** 200 with something that is no JSON. */
  z.object({ kind: z.literal('garbage') }),
  /** 200 with JSON that lacks what it should hold. */
  z.object({ kind: z.literal('wrong-fields') }),
  /** 200 with a body that never ends. */
  z.object({ kind: z.literal('endless') }),
  z.object({ kind: z.literal('redirect'), location: z.string() }),
]);

const loadFault = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('out-of-memory') }),
  /** Half of what should be on the GPUs goes to the CPU. */
  z.object({ kind: z.literal('spill') }),
  /** Ollama finds no GPU: everything goes to the CPU. */
  z.object({ kind: z.literal('no-gpu') }),
  /** The runner dies in mid-load. */
  z.object({ kind: z.literal('crash'), text: z.string() }),
  /** Takes this much longer. */
  z.object({ kind: z.literal('stall'), ms: z.number().nonnegative() }),
  /** When this model is unloaded later, its VRAM does not come back. */
  z.object({ kind: z.literal('leak') }),
]);

const count = z.number().int().nonnegative();
const when = {
  /** Lets so many pass first. */
  after: count.default(0),
  /** Strikes so often; absent: always. */
  times: count.optional(),
};

const httpRule = z.object({ path: z.string(), fault: httpFault, ...when });
const loadRule = z.object({ model: z.string().default('*'), fault: loadFault, ...when });

/** The body of POST /simulator/faults. */
export const faultsRequest = z.object({
  /** Forget all earlier rules first. */
  clear: z.boolean().default(false),
  http: z.array(httpRule).default([]),
  load: z.array(loadRule).default([]),
  /** Indexes of cards that fell off the bus. */
  lostGpus: z.array(count).optional(),
  /** Another version from now on. */
  ollamaVersion: z.string().optional(),
});

export type HttpFault = z.infer<typeof httpFault>;
export type LoadFault = z.infer<typeof loadFault>;
/** A fault of the HTTP side: `path` is a path such as `/api/ps`, or `*`. */
export type HttpFaultRule = z.input<typeof httpRule>;
/** A fault of loads: `model` is a name as /api/tags shows it, or `*`. */
export type LoadFaultRule = z.input<typeof loadRule>;

interface Armed<F> {
  readonly target: string;
  readonly fault: F;
  skip: number;
  left: number;
}

/** The armed faults, each counting its own strikes. */
export class Faults {
  #http: Armed<HttpFault>[] = [];
  #load: Armed<LoadFault>[] = [];

  addHttp(rule: HttpFaultRule): void {
    const { path, fault, after, times } = httpRule.parse(rule);
    this.#http.push({ target: path, fault, skip: after, left: times ?? Number.POSITIVE_INFINITY });
  }

  addLoad(rule: LoadFaultRule): void {
    const { model, fault, after, times } = loadRule.parse(rule);
    this.#load.push({ target: model, fault, skip: after, left: times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#http = [];
    this.#load = [];
  }

  /** The fault that strikes this request, if any. */
  forRequest(path: string): HttpFault | undefined {
    return strike(this.#http, path);
  }

  /** The fault that strikes this load, if any. */
  forLoad(model: string): LoadFault | undefined {
    return strike(this.#load, model);
  }
}

function strike<F>(armed: Armed<F>[], target: string): F | undefined {
  for (const entry of armed) {
    if (entry.left <= 0 || (entry.target !== '*' && entry.target !== target)) {
      continue;
    }
    if (entry.skip > 0) {
      entry.skip -= 1;
      continue;
    }
    entry.left -= 1;
    return entry.fault;
  }
  return undefined;
}
