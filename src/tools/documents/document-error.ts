/**
 * Why a file is not searched. `too_large`: over a bound of bytes or pages. `no_text`: nothing to read in it, as in a
 * scanned page. `damaged`: not what its name says.
 */
export type DocumentErrorCode = 'too_large' | 'no_text' | 'damaged';

/** A file that is left out of the index. Reading it again gives the same. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  readonly code: DocumentErrorCode;
  readonly retry = 'never';

  constructor(code: DocumentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
