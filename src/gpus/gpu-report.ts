/**
 * The report of contrib/gpu-report, version 1. Every line of a tool's output carries a letter in front, so that no
 * process name with a line break in it can pass for another section; return codes travel in band because ssh's own
 * failure code is one of nvidia-smi's too; `#end` proves that nothing was cut.
 */

import { singleLine } from '../base/text.ts';
import { type AmdCard, amdReading } from './amd/sysfs.ts';
import { parseMeminfo } from './meminfo.ts';
import { nvidiaReading } from './nvidia/reading.ts';
import type { Reading } from './source.ts';
import { failedReading } from './source.ts';
import type { GpuError } from './types.ts';
import { gpuError } from './values.ts';

const MAX_LINES = 20_000;

/** Parses a report into a reading. Cut output keeps what came, as `partial`. */
export function parseGpuReport(text: string, at: { readonly host: string; readonly takenAtMs: number }): Reading {
  const lines = text.split(/\r?\n/).slice(0, MAX_LINES);
  const failed = (error: GpuError): Reading =>
    failedReading({ source: 'ssh', host: at.host, takenAtMs: at.takenAtMs }, [error]);
  if (!/^#gpu-report 1( |$)/.test(lines[0] ?? '')) {
    return failed(gpuError('report-unknown', {}, lines[0] ?? ''));
  }

  let fields: readonly string[] = [];
  const gpuRows: string[] = [];
  const appRows: string[] = [];
  const memory: string[] = [];
  const users = new Map<number, string>();
  const cards = new Map<string, Map<string, string>>();
  const exits = new Map<string, number>();
  let ended = false;
  for (const line of lines) {
    const rest = line.slice(2);
    if (line.startsWith('G ')) {
      gpuRows.push(rest);
    } else if (line.startsWith('P ')) {
      appRows.push(rest);
    } else if (line.startsWith('M ')) {
      memory.push(rest);
    } else if (line.startsWith('U ')) {
      readUser(rest, users);
    } else if (line.startsWith('A ')) {
      readCardFact(rest, cards);
    } else if (line.startsWith('#fields ')) {
      fields = line.slice('#fields '.length).trim().split(',');
    } else if (line.startsWith('#rc ')) {
      const match = /^#rc (gpu|apps) (\d{1,3})$/.exec(line.trim());
      if (match) {
        exits.set(match[1]!, Number(match[2]));
      }
    } else if (line.trim() === '#end') {
      ended = true;
    }
  }

  const cut = ended ? [] : [gpuError('output-cut')];
  const hostMemory = parseMeminfo(memory.join('\n'));
  const gpuExit = exits.get('gpu');
  if (gpuExit === undefined && cards.size > 0) {
    const reading = amdReading([...cards.values()].map(toCard), { ...at, source: 'ssh', hostMemory });
    return cut.length === 0 ? reading : { ...reading, status: 'partial', errors: [...cut, ...reading.errors] };
  }
  if (gpuExit === undefined) {
    return failed(cut[0] ?? gpuError('not-installed', { command: 'nvidia-smi' }));
  }
  if (gpuExit === 124 || gpuExit === 137) {
    return failed(gpuError('timeout', { seconds: 8 }));
  }
  return nvidiaReading({
    source: 'ssh',
    host: at.host,
    takenAtMs: at.takenAtMs,
    fields,
    gpuText: gpuRows.join('\n'),
    gpuExit,
    appText: exits.has('apps') ? appRows.join('\n') : null,
    appExit: exits.get('apps') ?? null,
    hostMemory,
    users,
    errors: cut,
  });
}

function readUser(text: string, users: Map<number, string>): void {
  const match = /^(\d{1,10}) (\S{1,64})$/.exec(text.trim());
  if (match && users.size < 4096) {
    users.set(Number(match[1]), singleLine(match[2]!, 64));
  }
}

/** `card0 mem_info_vram_total 25753026560` */
function readCardFact(text: string, cards: Map<string, Map<string, string>>): void {
  const match = /^(card\d{1,3}) ([a-z0-9_]{1,40}) (.{0,200})$/.exec(text.trim());
  if (!match || (!cards.has(match[1]!) && cards.size >= 64)) {
    return;
  }
  const facts = cards.get(match[1]!) ?? new Map<string, string>();
  facts.set(match[2]!, match[3]!);
  cards.set(match[1]!, facts);
}

function toCard(facts: ReadonlyMap<string, string>): AmdCard {
  return { read: (file) => facts.get(file) ?? null };
}
