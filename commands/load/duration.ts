const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** The length of a keep-alive such as `30m`, ms, for words on a button; `null` where it is none or for ever. */
export function keepAliveMs(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text.trim()) {
    return null;
  }
  return parts.reduce((sum, [, digits, unit]) => sum + Number(digits) * UNIT_MS[unit!]!, 0);
}
