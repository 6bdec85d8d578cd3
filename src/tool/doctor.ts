import { findingText } from '../../commands/doctor.ts';
import { plainText } from '../chat/text.ts';
import type { Translator } from '../chat/translate.ts';
import type { Finding } from '../servers/doctor.ts';

/** `headroom doctor`: one line per finding, in the order of the checks. @returns 1 if one is a fault */
export function printFindings(
  findings: readonly Finding[],
  translator: Translator,
  write: (text: string) => void,
): number {
  for (const finding of findings) {
    write(`${plainText(findingText(finding, translator))}\n`);
  }
  return findings.some((finding) => finding.level === 'fault') ? 1 : 0;
}
