/** What somebody hands over to be explained: typed text, files, or a message with both. The one that tells most is taken. */

import { CodedError } from '../../src/base/coded.ts';
import { type Attachment, attachmentName, readAttachment } from '../../src/chat/attachment.ts';
import { type Explanation, explainError } from '../../src/chat/dispatch/errors.ts';
import { readLog } from '../../src/logs/read-log.ts';
import type { LogReading } from '../../src/logs/types.ts';

/** Files of one message that are read. */
const MOST_FILES = 4;

/** What was found to read. */
export interface Handed {
  readonly reading: LogReading;
  /** The file that it was read from; `null` = the text itself. */
  readonly file: { readonly code: string } | null;
  /** Why some of the files were not read. */
  readonly unread: readonly Explanation[];
}

/** How much a reading tells, to choose between several. */
function worth({ load, gpus, kind, version }: LogReading): number {
  if (load !== null) {
    return load.verdict !== null || load.ended ? 4 : 3;
  }
  return gpus.length > 0 ? 2 : kind !== 'unknown' || version !== null ? 1 : 0;
}

/**
 * Reads text and files and takes what tells most, files first: a message beside a file says why it was sent.
 * @throws CodedError as `readAttachment` where nothing is left to read; `log-missing` where nothing was handed over
 */
export async function readHanded(text: string, files: readonly Attachment[], signal: AbortSignal): Promise<Handed> {
  const found: Handed[] = [];
  const unread: Explanation[] = [];
  let fault: unknown = null;
  for (const file of files.slice(0, MOST_FILES)) {
    try {
      found.push({ reading: readLog(await readAttachment(file, signal)), file: attachmentName(file), unread });
    } catch (error) {
      const words = explainError(error);
      if (words === null || signal.aborted) {
        throw error;
      }
      unread.push(words);
      fault ??= error;
    }
  }
  if (text.trim() !== '') {
    found.push({ reading: readLog(text), file: null, unread });
  }
  const best = found.reduce<Handed | null>(
    (taken, next) => (taken === null || worth(next.reading) > worth(taken.reading) ? next : taken),
    null,
  );
  // Words beside a picture of a log are not what was meant.
  if (best === null || (fault !== null && worth(best.reading) === 0)) {
    throw fault ?? new CodedError('log-missing');
  }
  return best;
}
