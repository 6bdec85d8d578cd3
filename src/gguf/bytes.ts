/** Bytes without Node's Buffer, so that a browser reads headers too. */

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Several pieces as one. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** One character a byte, so that different bytes are different texts. For short texts: keys and magics. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** As people read it; broken sequences become U+FFFD. */
export function utf8(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}

/** The bytes of an ASCII text. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Reads and writes numbers in a piece of bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
