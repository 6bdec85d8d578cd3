/**
 * The report of contrib/gpu-report, version 1. Every line of a tool's output carries a letter in front, so that no
 * process name with a line break in it can pass for another section; return codes travel in band because ssh's own
 * failure code is one of nvidia-smi's too; `#end` proves that nothing was cut.
 */

import { singleLine } from '../base/text.ts';
import { type AmdCard, amdReading } from './amd/sysfs.ts';
import { appleReading } from './apple/reading.ts';
import { intelReading } from './intel/reading.ts';
import { intelCardOf } from './intel/sysfs.ts';
import { type IntelCard, parseCard, parseQueryRows } from './intel/xpu-smi.ts';
import { parseMeminfo } from './meminfo.ts';
import { nvidiaReading } from './nvidia/reading.ts';
import type { Reading } from './source.ts';
import { failedReading } from './source.ts';
import type { GpuError } from './types.ts';
import { gpuError } from './values.ts';

const MAX_LINES = 20_000;

/** Parses a report into a reading. Cut output keeps what came, as `partial`. */
export function parseGpuReport(report: string, at: { readonly host: string; readonly takenAtMs: number }): Reading {
  const lines = report.split(/\r?\n/).slice(0, MAX_LINES);
  const failed = (error: GpuError): Reading =>
    failedReading({ source: 'ssh', host: at.host, takenAtMs: at.takenAtMs }, [error]);
  if (!/^#gpu-report 1( |$)/.test(lines[0] ?? '')) {
    return failed(gpuError('report-unknown', {}, lines[0] ?? ''));
  }

  const sections = new Map<string, string[]>();
  const users = new Map<number, string>();
  const cards = new Map<string, Map<string, string>>();
  const exits = new Map<string, number>();
  let fields: readonly string[] = [];
  let ended = false;
  for (const line of lines) {
    const rest = line.slice(2);
    if (line.startsWith('U ')) {
      readUser(rest, users);
    } else if (line.startsWith('A ')) {
      readCardFact(rest, cards);
    } else if (/^[A-Z] /.test(line)) {
      const section = sections.get(line[0]!) ?? [];
      section.push(rest);
      sections.set(line[0]!, section);
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

  const text = (letter: string): string => (sections.get(letter) ?? []).join('\n');
  const cut = ended ? [] : [gpuError('output-cut')];
  const hostMemory = parseMeminfo(text('M'));
  const gpuExit = exits.get('gpu');
  if (gpuExit === 124 || gpuExit === 137) {
    return failed(gpuError('timeout', { seconds: 8 }));
  }
  if (gpuExit !== undefined) {
    return nvidiaReading({
      source: 'ssh',
      host: at.host,
      takenAtMs: at.takenAtMs,
      fields,
      gpuText: text('G'),
      gpuExit,
      appText: exits.has('apps') ? text('P') : null,
      appExit: exits.get('apps') ?? null,
      hostMemory,
      users,
      errors: cut,
    });
  }
  const reading = otherMakers();
  if (reading === null) {
    return failed(cut[0] ?? gpuError('host-without-gpus', { host: at.host }));
  }
  return cut.length === 0 || reading.status === 'failed'
    ? reading
    : { ...reading, status: 'partial', errors: [...cut, ...reading.errors] };

  /** Where there is no nvidia-smi: what another maker's tool or driver told; `null` where there is none. */
  function otherMakers(): Reading | null {
    const from = { ...at, source: 'ssh' as const };
    if (sections.has('S')) {
      return appleReading(
        { sysctl: text('S'), vmStat: text('V'), accelerator: text('O'), workingSet: text('W').trim() },
        from,
      );
    }
    const facts = [...cards.values()];
    const ofAmd = facts.filter((card) => card.get('vendor') === '0x1002');
    if (ofAmd.length > 0) {
      return amdReading(ofAmd.map(toCard), { ...from, hostMemory });
    }
    const driver = facts.flatMap((card, index) => intelCardOf(card, index) ?? []);
    const told = parseQueryRows(text('I')) ?? splitCards(sections.get('J') ?? []);
    return told.length + driver.length === 0
      ? null
      : intelReading(told.length > 0 ? told : driver, driver, { ...from, hostMemory });
  }
}

/** xpu-smi of 1.x answers for one card at a time: each line carries the card's number. */
function splitCards(lines: readonly string[]): readonly IntelCard[] {
  const texts = new Map<number, string[]>();
  for (const line of lines) {
    const match = /^(\d{1,2}) (.*)$/.exec(line);
    if (match) {
      const index = Number(match[1]);
      const text = texts.get(index) ?? [];
      text.push(match[2]!);
      texts.set(index, text);
    }
  }
  return [...texts].flatMap(([index, text]) => {
    const card = parseCard(text.join('\n'));
    return card === null ? [] : [{ ...card, index }];
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
