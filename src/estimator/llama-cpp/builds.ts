/**
 * Builds of llama.cpp: what changed in which, and which of them runs behind which Ollama.
 *
 * Sources: llama.cpp's tree at b10256 and b10454, compared file by file and measured by dry runs of both (truth/);
 * LLAMA_CPP_VERSION in Ollama's tagged sources. To follow a new build, record it (`npm run truth`) and add a row here.
 */

import type { BuildFacts } from '../model/build-facts.ts';
import { EstimateError } from '../types.ts';
import { compareVersions, parseVersion } from '../versions.ts';

/** Builds of which dry runs are recorded, oldest first: plans are held against them to the byte. */
const RECORDED: readonly (BuildFacts & { readonly number: number })[] = [
  {
    name: 'b10256',
    number: 10256,
    maxExperts: 512,
    loadsNextnQkv: true,
    fitCountsNextn: true,
    picksLongBlocks: false,
    indexerSplitsHeads: true,
    nemotronPicksInLayer: true,
  },
  {
    name: 'b10454',
    number: 10454,
    maxExperts: 1024,
    loadsNextnQkv: false,
    fitCountsNextn: false,
    picksLongBlocks: true,
    indexerSplitsHeads: false,
    nemotronPicksInLayer: false,
  },
];

/** The build whose sources the descriptions name where they name none: files and functions are those of this tree. */
export const REFERENCE_BUILD: BuildFacts = RECORDED[0]!;
/** The newest build of which anything is known; from late 2026 builds are tagged v0.4 and on, and are newer. */
const NEWEST_NUMBER = 10488;

/** The build of the first Ollama that runs it: LLAMA_CPP_VERSION. Each holds up to the next row. */
const OLLAMA_BUILDS: readonly (readonly [since: string, build: number])[] = [
  ['0.30.0', 9452],
  ['0.30.1', 9479],
  ['0.30.4', 9493],
  ['0.30.5', 9509],
  ['0.30.9', 9626],
  ['0.30.10', 9672],
  ['0.30.11', 9781],
  ['0.31.0', 9840],
  ['0.31.2', 9888],
  ['0.32.2', 10069],
  ['0.32.3', 10091],
  ['0.32.6', 10242],
  ['0.32.8', 10353],
  ['0.32.10', 10380],
  ['0.32.14', 10434],
  ['0.32.15', NEWEST_NUMBER],
];
/** The newest Ollama whose build is known. */
const NEWEST_OLLAMA = '0.33.0';

/** The build that answers a question. */
export interface ResolvedBuild {
  /** As the server has it: `b10488`, `v0.5.0`. */
  readonly name: string;
  /** What it is planned as: the newest recorded build that is not newer, or the oldest. */
  readonly facts: BuildFacts;
  /** The server's build, or its Ollama, is newer than everything known here. */
  readonly assumed: boolean;
}

function recordedFor(number: number): BuildFacts {
  return RECORDED.findLast((build) => build.number <= number) ?? RECORDED[0]!;
}

const NUMBERED = /^b(\d{1,7})$/;
/** llama.cpp's tags since builds have versions. */
const TAGGED = /^v\d{1,4}(?:\.\d{1,6}){1,2}$/;

/**
 * A build by its name.
 *
 * @throws EstimateError `bad-build` for what is no name of a build
 */
function namedBuild(name: string): ResolvedBuild {
  const numbered = NUMBERED.exec(name);
  if (numbered === null && !TAGGED.test(name)) {
    throw new EstimateError('bad-build', { build: name.slice(0, 40) });
  }
  const number = numbered === null ? Number.POSITIVE_INFINITY : Number(numbered[1]);
  return { name, facts: recordedFor(number), assumed: number > NEWEST_NUMBER };
}

/**
 * The build of llama.cpp behind a server: the one named, else that of its Ollama. llama.cpp by itself without a name is
 * the reference build, so that an answer does not change when a newer build becomes known. Versions of Ollama before
 * llama-server have none; they are planned as the reference.
 *
 * @throws EstimateError `bad-build`, `bad-ollama-version`
 */
export function buildOf(server: { readonly ollama: string; readonly build?: string }): ResolvedBuild {
  if (server.build !== undefined) {
    return namedBuild(server.build);
  }
  if (server.ollama === 'llama.cpp') {
    return { name: REFERENCE_BUILD.name, facts: REFERENCE_BUILD, assumed: false };
  }
  const { version } = parseVersion(server.ollama);
  const row = OLLAMA_BUILDS.findLast(([since]) => compareVersions(parseVersion(since).version, version) <= 0);
  const number = row?.[1] ?? OLLAMA_BUILDS[0]![1];
  const newer = compareVersions(version, parseVersion(NEWEST_OLLAMA).version) > 0;
  return { name: `b${number}`, facts: recordedFor(number), assumed: newer };
}

/** The recorded build of that name, as a configuration names it; the reference where it names none. */
export function buildFacts(name: string | undefined): BuildFacts {
  return RECORDED.find((build) => build.name === name) ?? REFERENCE_BUILD;
}

/** Names of the recorded builds, oldest first. */
export const RECORDED_BUILDS: readonly string[] = RECORDED.map(({ name }) => name);
