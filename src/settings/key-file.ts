import { statSync } from 'node:fs';

/**
 * Why a path is no private key that ssh would take; `null` where it is one. ssh leaves out a key of its own account that
 * others may read, and then asks for a password that nobody types (openssh, authfile.c: sshkey_perm_ok).
 */
export function keyFileProblem(path: string): string | null {
  if (/[\0\r\n]/.test(path)) {
    return 'must be the path of a private key';
  }
  if (path.endsWith('.pub')) {
    return 'is the public half of a key; name the file without .pub';
  }
  try {
    const file = statSync(path);
    if (!file.isFile()) {
      return 'is no file; it must be the path of a private key';
    }
    if (file.uid === process.getuid?.() && (file.mode & 0o077) !== 0) {
      return 'may be read by others, so ssh will not use it; run chmod 600 on it';
    }
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return `cannot be read (${code})`;
  }
}
