import { Worker } from 'node:worker_threads';
import type { ModelSpec } from '../estimator/types.ts';
import type { Answer, Question, Ready } from './estimate-thread.ts';

/** Memory of one thread, MiB; beyond it the thread ends and the program does not. */
const HEAP_MIB = 128;
const YOUNG_MIB = 4;
const STACK_MIB = 4;
/** A thread that has not begun to listen by then is given up, milliseconds; on a busy machine it takes a second. */
const START_LIMIT_MS = 30_000;
/** How many deadlines may pass by the clock while the thread waits for a processor. */
const LONGEST_WAIT = 4;
/** Less than this share of the deadline left is none. */
const NEARLY = 0.1;
/** Models that a thread keeps; each with what the estimator remembers of it. */
const KEPT_MODELS = 8;

/** How a question ended that was not answered: past its deadline, with its thread, or before its thread had begun. */
export type Ending = 'timeout' | 'crashed' | 'not-started' | 'closed';

export interface Task {
  readonly job: Question['job'];
  readonly specs: readonly { readonly key: string; readonly spec: ModelSpec }[];
  readonly rest: readonly unknown[];
  readonly answered: (answer: Answer) => void;
  readonly ended: (how: Ending) => void;
}

export interface ThreadSettings {
  readonly deadlineMs: number;
  readonly heapMib?: number;
  /** Called whenever the thread can take a question again. */
  readonly idle: () => void;
}

/** One estimating thread. It answers one question at a time; when it ends, another takes its place with the next one. */
export class EstimateThread {
  readonly #deadlineMs: number;
  readonly #heapMib: number;
  readonly #idle: () => void;
  #worker: Worker | null = null;
  #ready = false;
  #task: Task | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Keys of the models that the thread has, least lately used first. */
  #known: string[] = [];
  #nextId = 1;
  /** Work of the thread up to its latest message, milliseconds of a processor. */
  #workedMs = 0;

  constructor({ deadlineMs, heapMib = HEAP_MIB, idle }: ThreadSettings) {
    this.#deadlineMs = deadlineMs;
    this.#heapMib = heapMib;
    this.#idle = idle;
  }

  get busy(): boolean {
    return this.#task !== null;
  }

  /** Whether a thread stands ready, so that a question does not wait for its start. */
  get started(): boolean {
    return this.#worker !== null;
  }

  run(task: Task): void {
    this.#task = task;
    const worker = this.#worker ?? this.#start();
    const keys = task.specs.map(({ key }) => key);
    const fresh = Object.fromEntries(
      task.specs.filter(({ key }) => !this.#known.includes(key)).map(({ key, spec }) => [key, spec]),
    );
    const known = [...this.#known.filter((key) => !keys.includes(key)), ...new Set(keys)];
    const forget = known.slice(0, Math.max(0, known.length - KEPT_MODELS)).filter((key) => !keys.includes(key));
    this.#known = known.filter((key) => !forget.includes(key));
    const { job, rest } = task;
    const question: Question = { id: this.#nextId++, job, keys, fresh, forget, rest };
    worker.ref();
    worker.postMessage(question);
    if (this.#ready) {
      this.#begin(worker);
    } else {
      this.#setTimer(START_LIMIT_MS, () => this.#end('not-started'));
    }
  }

  async close(): Promise<void> {
    await this.#end('closed');
  }

  #start(): Worker {
    const worker = new Worker(new URL('./estimate-thread.ts', import.meta.url), {
      resourceLimits: {
        maxOldGenerationSizeMb: this.#heapMib,
        maxYoungGenerationSizeMb: YOUNG_MIB,
        stackSizeMb: STACK_MIB,
      },
    });
    worker.on('message', (message: Answer | Ready) => {
      if (this.#worker !== worker) {
        return;
      }
      this.#workedMs = message.workedMs ?? this.#workedMs;
      if ('ready' in message) {
        this.#ready = true;
        // The question's time begins when the thread can look at it.
        if (this.#task !== null) {
          this.#begin(worker);
        }
        return;
      }
      this.#settle((task) => task.answered(message));
      worker.unref();
      this.#idle();
    });
    const gone = () => {
      if (this.#worker === worker) {
        void this.#end(this.#ready ? 'crashed' : 'not-started');
      }
    };
    worker.on('error', gone);
    worker.on('messageerror', gone);
    worker.on('exit', gone);
    this.#worker = worker;
    return worker;
  }

  /** The deadline counts the thread's work: on a busy machine it gets more time, within a bound. */
  #begin(worker: Worker): void {
    const task = this.#task;
    const before = this.#workedMs;
    const latest = performance.now() + this.#deadlineMs * LONGEST_WAIT;
    const look = async (): Promise<void> => {
      const worked = (await workedMs(worker)) - before;
      if (this.#task !== task || this.#worker !== worker) {
        return;
      }
      const leftMs = Math.min(this.#deadlineMs - worked, latest - performance.now());
      if (leftMs < this.#deadlineMs * NEARLY) {
        await this.#end('timeout');
      } else {
        this.#setTimer(leftMs, look);
      }
    };
    this.#setTimer(this.#deadlineMs, look);
  }

  #setTimer(ms: number, then: () => Promise<void>): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void then(), ms);
  }

  #settle(how: (task: Task) => void): void {
    clearTimeout(this.#timer);
    const task = this.#task;
    this.#task = null;
    if (task !== null) {
      how(task);
    }
  }

  async #end(how: Ending): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#ready = false;
    this.#known = [];
    this.#settle((task) => task.ended(how));
    await worker?.terminate().catch(() => undefined);
    if (how !== 'closed') {
      this.#idle();
    }
  }
}

/** What a thread has worked, milliseconds of a processor; endless where it cannot be told. */
async function workedMs(worker: Worker): Promise<number> {
  try {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1_000;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
