import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { type Coded, CodedError } from '../../src/base/coded.ts';
import type { EstimateRequest, EstimateServer, GpuDevice, ModelSpec } from '../../src/estimator/index.ts';
import type { FoundModel } from '../models/found.ts';
import type { Question } from '../question/question.ts';
import { askBot, serverPath, watchState } from './client.ts';
import type { LiveFit, LiveMachine, LiveServer, LiveSession, LiveState } from './types.ts';

/** Questions to the bot wait until the slider rests, ms. */
const REST_MS = 350;

export interface Live {
  /** null = not known yet. */
  readonly session: LiveSession | null;
  readonly state: LiveState | null;
  readonly failure: Coded | null;
  /** The server that the question is about; null = none. */
  readonly server: LiveServer | null;
  /** That server as the estimator takes it. */
  readonly machine: LiveMachine | null;
  /** The bot's own answer. */
  readonly fit: LiveFit | null;
  readonly fitFailure: Coded | null;
  readonly models: readonly string[];
  readonly logIn: (token: string) => Promise<Coded | null>;
  readonly logOut: () => void;
  readonly readSpec: (server: string, model: string, signal: AbortSignal) => Promise<FoundModel>;
}

/** The team's servers as the bot tells them, and its answer to the question. */
export function useLive(question: Question): Live {
  const [session, setSession] = useState<LiveSession | null>(null);
  const [state, setState] = useState<LiveState | null>(null);
  const [failure, setFailure] = useState<Coded | null>(null);
  const loggedIn = session?.loggedIn === true;

  useEffect(() => {
    askBot<LiveSession>('/session').then(setSession, (error: unknown) => setFailure(toFailure(error)));
  }, []);
  useEffect(() => {
    if (!loggedIn) {
      setState(null);
      return undefined;
    }
    const watching = watchState<LiveState>(setState, (code) => {
      setFailure(code === null ? null : { code, params: {} });
      if (code === 'page-log-in') {
        setSession((now) => (now === null ? null : { ...now, loggedIn: false }));
      }
    });
    return () => watching.close();
  }, [loggedIn]);

  const server = state?.servers.find(({ name }) => name === question.server) ?? null;
  const { fit, fitFailure } = useFit(question, server);
  const models = useModels(loggedIn ? question.server : null);
  const machine = useMemo(() => (server === null ? null : machineOf(server, fit)), [server, fit]);

  const logIn = useCallback(async (token: string): Promise<Coded | null> => {
    try {
      setSession(await askBot<LiveSession>('/session', { method: 'POST', body: { token } }));
      setFailure(null);
      return null;
    } catch (error) {
      return toFailure(error);
    }
  }, []);
  const logOut = useCallback(() => {
    askBot<LiveSession>('/session', { method: 'DELETE' }).then(setSession, (error: unknown) =>
      setFailure(toFailure(error)),
    );
  }, []);
  const readSpec = useCallback(
    async (name: string, model: string, signal: AbortSignal): Promise<FoundModel> => ({
      spec: await askBot<ModelSpec>(serverPath(name, 'spec', { model }), { signal }),
      notes: [],
    }),
    [],
  );
  return { session, state, failure, server, machine, fit, fitFailure, models, logIn, logOut, readSpec };
}

/** The bot's answer, asked again when the question rests or the server changed. */
function useFit(question: Question, server: LiveServer | null): { fit: LiveFit | null; fitFailure: Coded | null } {
  const [fit, setFit] = useState<LiveFit | null>(null);
  const [fitFailure, setFailure] = useState<Coded | null>(null);
  const { model, ctx, kv, slots, quant } = question;
  const name = server?.name ?? null;
  // The bot knows nothing of files of the person's own.
  const asked = model.from === 'file' ? null : model.name;
  useEffect(() => {
    setFit(null);
    setFailure(null);
  }, [name, asked, quant]);
  useEffect(() => {
    if (name === null || asked === null) {
      return undefined;
    }
    const ended = new AbortController();
    const query = {
      model: asked,
      ctx,
      kv: kv ?? undefined,
      parallel: slots ?? undefined,
      quant: quant ?? undefined,
    };
    const later = setTimeout(() => {
      askBot<LiveFit>(serverPath(name, 'fit', query), { signal: ended.signal }).then(
        (answer) => {
          setFit(answer);
          setFailure(null);
        },
        (error: unknown) => {
          if (!ended.signal.aborted) {
            setFailure(toFailure(error));
          }
        },
      );
    }, REST_MS);
    return () => {
      clearTimeout(later);
      ended.abort();
    };
  }, [name, asked, ctx, kv, slots, quant, server?.takenAtMs]);
  return { fit, fitFailure };
}

function useModels(server: string | null): readonly string[] {
  const [models, setModels] = useState<readonly string[]>([]);
  useEffect(() => {
    setModels([]);
    if (server === null) {
      return undefined;
    }
    const ended = new AbortController();
    askBot<{ models: readonly string[] }>(serverPath(server, 'models'), { signal: ended.signal }).then(
      (answer) => setModels(answer.models),
      () => undefined,
    );
    return () => ended.abort();
  }, [server]);
  return models;
}

/** What the bot's answer rests on; until it is there, the GPUs as last read. */
function machineOf(server: LiveServer, fit: LiveFit | null): LiveMachine {
  if (fit !== null) {
    return {
      server: fit.machine as EstimateServer,
      request: fit.request as Omit<EstimateRequest, 'numCtx'>,
    };
  }
  const gpus = server.gpus.flatMap(({ name, totalBytes, freeBytes }): GpuDevice[] =>
    totalBytes === null || freeBytes === null ? [] : [{ name, totalBytes, freeBytes }],
  );
  return { server: { ollama: server.ollama.version ?? '0.33.0', gpus, loaded: [] }, request: {} };
}

function toFailure(error: unknown): Coded {
  return error instanceof CodedError ? { code: error.code, params: error.params } : { code: 'internal', params: {} };
}
