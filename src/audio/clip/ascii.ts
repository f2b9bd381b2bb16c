/** So many bytes as characters, fewer at the end: the four-letter names that files of sound are made of. */
export function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
