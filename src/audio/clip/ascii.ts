/** Bytes as characters, fewer at the end: the four-letter names in audio files. */
export function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
