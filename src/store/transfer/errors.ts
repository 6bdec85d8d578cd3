import { CodedError } from '../../base/coded.ts';

/** Why a backup or a restore was not made. */
export class TransferError extends CodedError<
  /** There is a file of this name already. */
  | 'backup-exists'
  /** There is nothing to back up yet. */
  | 'backup-nothing'
  /** There is no file of this name that can be read. */
  | 'backup-missing'
  /** The file is no backup of this program, or a damaged one. */
  | 'backup-invalid'
  /** What was written does not read back as it was. */
  | 'backup-differs'
  /** The store has rows, and nobody said that they shall go. */
  | 'restore-not-empty'
  /** A bot is running on the store. */
  | 'restore-in-use'
> {
  override readonly name = 'TransferError';
}
