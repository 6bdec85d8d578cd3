import { useEffect, useRef, useState } from 'preact/hooks';
import type { ModelSpec, SpeedEstimate, SweepRow } from '../../src/estimator/index.ts';
import type { Asked } from '../estimate/ask.ts';
import { type Background, createBackground } from '../estimate/background.ts';
import type { Launch } from '../estimate/launch.ts';
import type { CurvePoint, Help, Piece } from '../estimate/survey.ts';

/** While only the context changes, the worker is asked when the slider rests, ms: it would take the page's processor. */
const REST_MS = 100;

export interface Survey {
  /** The context that speed and help are about. */
  readonly ctx: number;
  /** undefined = not known yet; null = no context fits. */
  readonly largest: number | null | undefined;
  readonly speed: SpeedEstimate | null;
  readonly launch: Launch | null;
  readonly help: readonly Help[];
  /** In the order of contexts. */
  readonly points: readonly CurvePoint[];
  readonly rows: ReadonlyMap<string, SweepRow>;
  readonly done: boolean;
}

const NOTHING: Survey = {
  ctx: 0,
  largest: undefined,
  speed: null,
  launch: null,
  help: [],
  points: [],
  rows: new Map(),
  done: false,
};

/** What the worker finds out about a question, as it comes. */
export function useSurvey(source: ModelSpec | null, quant: string | null, asked: Asked): Survey {
  const [survey, setSurvey] = useState<Survey>(NOTHING);
  const background = useRef<Background | null>(null);
  const about = useRef('');
  const key = source === null ? '' : JSON.stringify([quant, asked]);

  useEffect(() => {
    background.current ??= createBackground(
      () => new Worker(new URL('../estimate/worker.ts', import.meta.url), { type: 'module' }),
    );
    if (source === null) {
      about.current = '';
      setSurvey(NOTHING);
      return undefined;
    }
    // Only the context is another: what does not depend on it stays in sight.
    const lasting = JSON.stringify([source.name, quant, asked.server, { ...asked.request, numCtx: 0 }]);
    const kept = about.current === lasting;
    about.current = lasting;
    let waiting: Piece[] = [];
    let frame = 0;
    const show = (done: boolean) => {
      const pieces = waiting;
      waiting = [];
      frame = 0;
      setSurvey((before) => withPieces(before, pieces, done));
    };
    const finish = () => {
      cancelAnimationFrame(frame);
      show(true);
    };
    const begin = () => {
      const { numCtx: ctx } = asked.request;
      setSurvey((before) =>
        kept
          ? { ...before, ctx, speed: null, launch: null, help: [], done: false }
          : { ...NOTHING, ctx, rows: new Map() },
      );
      background.current?.ask(source, quant, asked, {
        piece(piece) {
          waiting.push(piece);
          // Drawn together, at the pace of the screen.
          frame ||= requestAnimationFrame(() => show(false));
        },
        done: finish,
        failed: finish,
      });
    };
    // What was asked before is let go of at once.
    background.current.cancel();
    const later = kept ? setTimeout(begin, REST_MS) : undefined;
    if (!kept) {
      begin();
    }
    return () => {
      clearTimeout(later);
      cancelAnimationFrame(frame);
    };
  }, [source, key]);

  useEffect(() => () => background.current?.close(), []);
  return survey;
}

function withPieces(before: Survey, pieces: readonly Piece[], done: boolean): Survey {
  let { largest, speed, launch, help } = before;
  const points = new Map(before.points.map((point) => [point.ctx, point]));
  const rows = new Map(before.rows);
  for (const piece of pieces) {
    if (piece.kind === 'largest') {
      largest = piece.ctx;
    } else if (piece.kind === 'speed') {
      speed = piece.speed;
    } else if (piece.kind === 'launch') {
      launch = piece.launch;
    } else if (piece.kind === 'help') {
      help = piece.help;
    } else if (piece.kind === 'point') {
      points.set(piece.point.ctx, piece.point);
    } else {
      rows.set(piece.row.target, piece.row);
    }
  }
  return {
    ...before,
    largest,
    speed,
    launch,
    help,
    points: [...points.values()].sort((a, b) => a.ctx - b.ctx),
    rows,
    done,
  };
}
