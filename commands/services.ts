import type { Painter } from '../src/chat/pictures/painter.ts';
import type { GpuDevice } from '../src/estimator/types.ts';
import type { StatusSchedules } from '../src/schedule/posts/schedules.ts';
import type { SetBook } from '../src/schedule/sets/book.ts';
import type { SetSchedules } from '../src/schedule/sets/schedules.ts';
import type { WatchKeeper } from '../src/schedule/watches/watches.ts';
import type { Asking } from '../src/servers/asking/asking.ts';
import type { ModelFinder } from '../src/servers/asking/models.ts';
import type { WeightsIndex } from '../src/servers/asking/same-weights.ts';
import type { AuditTrail } from '../src/servers/audit.ts';
import type { BenchBook } from '../src/servers/benches.ts';
import type { Finding } from '../src/servers/doctor.ts';
import type { History, HistoryWindow } from '../src/servers/history.ts';
import type { LoadService } from '../src/servers/loading/service.ts';
import type { PastLoads } from '../src/servers/past-loads.ts';
import type { PullHosts, Pulls } from '../src/servers/pulling.ts';
import type { ReservationBook } from '../src/servers/reservations.ts';
import type { ServerRegistry } from '../src/servers/types.ts';
import type { Estimates } from '../src/workers/estimates.ts';
import type { ConsentDesk } from './load/consent.ts';

/** What the commands stand on. */
export interface Services {
  readonly servers: ServerRegistry;
  readonly models: ModelFinder;
  /** The estimator, asked without holding up anybody else. */
  readonly estimates: Estimates;
  /** What a server would be asked about a model; nobody builds that question elsewhere. */
  readonly asking: Asking;
  /** Which models on a server share their weights. */
  readonly weights: WeightsIndex;
  readonly painter: Pick<Painter, 'draw'>;
  /** GPUs as people write them: `4x8GiB`, `24GiB,8GiB`, `24GiB:22.1GiB` (total:free). Throws typed errors. */
  readGpuList(text: string): readonly GpuDevice[];
  /** Milliseconds since the epoch. */
  now(): number;
  /** Loads, unloads and holds; absent where nothing is kept (the command-line tool). */
  readonly loads?: LoadService;
  /** What was measured; absent where nothing is kept. */
  readonly benches?: BenchBook;
  /** When models last fitted; absent where nothing is kept. */
  readonly pastLoads?: PastLoads;
  /** Bookings of servers and GPUs; absent where nothing is kept. */
  readonly reservations?: ReservationBook;
  /** Names of who holds what on a server, by model; absent where nothing is kept. */
  holders?(server: string): ReadonlyMap<string, string>;
  /** Questions to holders of models. */
  readonly consents?: ConsentDesk;
  /** Memory per GPU over a window that ends now, at most `points` each; absent where nothing is kept. */
  history?(server: string, window: HistoryWindow, points: number): Promise<History | null>;
  /** What the program finds about itself: its data folder or its database. Absent where nothing is kept. */
  examineSelf?(): Promise<readonly Finding[]>;
  /** Status posts by schedule; absent where there is no chat with channels (the terminal). */
  readonly schedules?: StatusSchedules;
  /** Sets of models under names; absent where nothing is kept. */
  readonly sets?: SetBook;
  /** Sets by the clock; absent where there is no chat with channels (the terminal). */
  readonly setSchedules?: SetSchedules;
  /** "Tell me when"; absent where nothing is kept. */
  readonly watches?: WatchKeeper;
  /** Who did what; absent where nothing is kept. */
  readonly audit?: AuditTrail;
  /** Downloads under way. */
  readonly pulls: Pulls;
  /** Registries that /pull may fetch from, lower case. */
  readonly pullHosts: PullHosts;
  readonly limits: { readonly maxCtx: number | null; readonly maxKeepAlive: string | null };
  readonly timeZone: string;
  /** The servers are simulated: replies say so. */
  readonly simulated: boolean;
}
