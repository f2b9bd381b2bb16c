const LINE_FEED = 10;

/** Splits a stream into lines. It copies each byte once, while the SDK's buffer copies a long line with each chunk. */
export class LineBuffer {
  readonly #maxBytes: number;
  /** The beginning of a line whose end has not come. */
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Returns the lines that end in the chunk. Throws if a line has more than `maxBytes`. */
  add(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.clear();
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  clear(): void {
    this.#parts = [];
    this.#length = 0;
  }

  #keep(part: Buffer): void {
    this.#length += part.byteLength;
    if (this.#length > this.#maxBytes) throw new RangeError(`a line has more than ${this.#maxBytes} bytes`);
    if (part.byteLength > 0) this.#parts.push(part);
  }
}
