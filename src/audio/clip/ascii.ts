/** Reads bytes as characters, such as the four-letter names in audio files. Returns fewer at the end of the bytes. */
export function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
