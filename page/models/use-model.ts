import { useEffect, useState } from 'preact/hooks';
import { type Coded, CodedError } from '../../src/base/coded.ts';
import type { ModelChoice } from '../question/question.ts';
import type { FoundModel } from './found.ts';
import { listedModel } from './listed.ts';

export type ModelState =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly found: FoundModel }
  /** A link names a file that only its sender has. */
  | { readonly state: 'file-missing' }
  | { readonly state: 'failed'; readonly failure: Coded; readonly nearest: readonly string[] };

/** Reads a model that the team's server has. */
export type ReadFromServer = (server: string, model: string, signal: AbortSignal) => Promise<FoundModel>;

/** The model of a choice: read when the choice changes. */
export function useModel(
  choice: ModelChoice,
  files: readonly File[],
  server: string | null,
  fromServer: ReadFromServer | null,
): ModelState {
  const [state, setState] = useState<ModelState>({ state: 'loading' });
  const { from, name } = choice;
  // A model of the list is the same on every server.
  const place = from === 'server' ? server : null;
  useEffect(() => {
    const ended = new AbortController();
    const read = async (): Promise<ModelState> => {
      try {
        if (from === 'file') {
          if (files.length === 0) {
            return { state: 'file-missing' };
          }
          const { modelFromFiles } = await import('./file.ts');
          return { state: 'ready', found: await modelFromFiles(files) };
        }
        if (from === 'server') {
          // Until somebody is logged in there is nobody to ask.
          return place === null || fromServer === null
            ? { state: 'loading' }
            : { state: 'ready', found: await fromServer(place, name, ended.signal) };
        }
        if (from === 'hub') {
          const { modelFromHub } = await import('./hub.ts');
          return { state: 'ready', found: await modelFromHub(name, ended.signal) };
        }
        return { state: 'ready', found: await listedModel(name) };
      } catch (error) {
        return toFailure(error);
      }
    };
    setState({ state: 'loading' });
    void read().then((result) => {
      if (!ended.signal.aborted) {
        setState(result);
      }
    });
    return () => ended.abort();
  }, [from, name, files, place, fromServer]);
  return state;
}

function toFailure(error: unknown): ModelState {
  if (error instanceof CodedError) {
    const nearest: unknown = 'nearest' in error ? error.nearest : undefined;
    const names = Array.isArray(nearest) ? nearest.filter((name) => typeof name === 'string') : [];
    return { state: 'failed', failure: { code: error.code, params: error.params }, nearest: names };
  }
  return { state: 'failed', failure: { code: 'registry-unreachable', params: {} }, nearest: [] };
}
