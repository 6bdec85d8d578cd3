/** Levenshtein's distance of two texts: how many characters must be changed, added or taken away. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Two neighbours that changed places are one slip of the fingers. */
function distanceOfSlips(a: string, b: string): number {
  for (let i = 0; i + 1 < a.length; i++) {
    if (a.slice(0, i) + a[i + 1] + a[i] + a.slice(i + 2) === b) {
      return 1;
    }
  }
  return editDistance(a, b);
}

/**
 * The word of a short list that was probably meant: at most two slips away and less than half the word, or what it was
 * cut off from. Text beyond 40 characters is no slip of any word.
 * @returns null when none is near
 */
export function nearestWord(typed: string, words: readonly string[]): string | null {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '' || wanted.length > 40) {
    return null;
  }
  let best: { readonly word: string; readonly distance: number } | null = null;
  for (const word of words) {
    const cut = wanted.length >= 2 && word.toLowerCase().startsWith(wanted);
    const distance = cut ? 0.5 : distanceOfSlips(wanted, word.toLowerCase());
    const limit = Math.min(2, Math.ceil(Math.max(wanted.length, word.length) / 2) - 1);
    if (distance <= limit && (best === null || distance < best.distance)) {
      best = { word, distance };
    }
  }
  return best?.word ?? null;
}
