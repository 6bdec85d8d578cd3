/**
 * The question in the page's address, behind the `#`: what stands there is never sent to a server. Links come from
 * strangers, so whatever does not read as what it should be is left out.
 */

import { readContextLength } from '../../src/base/context-length.ts';
import { singleLine } from '../../src/base/text.ts';
import { KV_CACHE_TYPES, type KvCacheType } from '../../src/estimator/index.ts';
import { readGroups, textOf } from './groups.ts';
import {
  FIRST_CTX,
  FIRST_GPUS,
  FIRST_MODEL,
  type FlashChoice,
  LLAMA_CPP,
  MAX_SLOTS,
  type ModelChoice,
  NEWEST_OLLAMA,
  type Question,
} from './question.ts';

const MAX_ADDRESS = 8_000;
const MAX_NAME = 300;

/** What is asked where the address says nothing. */
export function firstQuestion(): Question {
  return {
    model: FIRST_MODEL,
    quant: null,
    gpus: readGroups(FIRST_GPUS),
    runner: NEWEST_OLLAMA,
    ctx: FIRST_CTX,
    kv: null,
    slots: null,
    flash: 'auto',
    server: null,
  };
}

/** The question as the part of an address behind the `#`. */
export function toAddress(question: Question): string {
  const { model, quant, gpus, runner, ctx, kv, slots, flash, server } = question;
  const parts: [string, string][] = [[model.from === 'list' ? 'model' : model.from, model.name]];
  if (quant !== null) {
    parts.push(['quant', quant]);
  }
  parts.push(server === null ? ['gpus', textOf(gpus)] : ['on', server], ['ctx', String(ctx)]);
  if (runner !== NEWEST_OLLAMA) {
    parts.push(runner === LLAMA_CPP ? ['with', LLAMA_CPP] : ['ollama', runner]);
  }
  if (kv !== null) {
    parts.push(['kv', kv]);
  }
  if (slots !== null) {
    parts.push(['parallel', String(slots)]);
  }
  if (flash !== 'auto') {
    parts.push(['fa', flash]);
  }
  return parts.map(([name, value]) => `${name}=${readable(value)}`).join('&');
}

/** Escaped as far as an address needs it: `gemma3:12b` and `hf.co/org/repo` stay as they are. */
function readable(text: string): string {
  return encodeURIComponent(text).replace(/%3A/g, ':').replace(/%2F/g, '/').replace(/%2C/g, ',').replace(/%20/g, '+');
}

/** Reads an address; what is not there, or is nonsense, is as in the first question. */
export function fromAddress(hash: string): Question {
  const values = new URLSearchParams(hash.replace(/^#/, '').slice(0, MAX_ADDRESS));
  const first = firstQuestion();
  const text = (name: string): string | null => {
    const clean = singleLine(values.get(name) ?? '', MAX_NAME);
    return clean === '' ? null : clean;
  };
  const slots = Number(text('parallel') ?? Number.NaN);
  const kv = text('kv')?.toLowerCase() ?? null;
  const flash = text('fa');
  return {
    model: readModel(text) ?? first.model,
    quant: readQuant(text('quant')),
    gpus: readGpus(text('gpus')) ?? first.gpus,
    runner: text('with') === LLAMA_CPP ? LLAMA_CPP : readVersion(text('ollama')),
    ctx: readContextLength(text('ctx') ?? '') ?? first.ctx,
    kv: kv !== null && KV_CACHE_TYPES.has(kv) ? (kv as KvCacheType) : null,
    slots: Number.isInteger(slots) && slots >= 1 && slots <= MAX_SLOTS ? slots : null,
    flash: flash === 'on' || flash === 'off' ? (flash satisfies FlashChoice) : 'auto',
    server: text('on'),
  };
}

function readModel(text: (name: string) => string | null): ModelChoice | null {
  const kinds = [
    ['model', 'list'],
    ['hub', 'hub'],
    ['file', 'file'],
    ['server', 'server'],
  ] as const;
  for (const [parameter, from] of kinds) {
    const name = text(parameter);
    if (name !== null) {
      return { from, name };
    }
  }
  return null;
}

function readQuant(text: string | null): string | null {
  return text !== null && /^[A-Za-z0-9_]{2,20}$/.test(text) ? text.toUpperCase() : null;
}

function readVersion(text: string | null): string {
  return text !== null && isVersion(text) ? text.replace(/^v/, '') : NEWEST_OLLAMA;
}

/** Whether a text is a version of Ollama. */
export function isVersion(text: string): boolean {
  return /^v?\d{1,4}\.\d{1,4}\.\d{1,4}$/.test(text);
}

function readGpus(text: string | null): Question['gpus'] | null {
  try {
    return text === null ? null : readGroups(text);
  } catch {
    return null;
  }
}
