/**
 * Why a file is not searched. `too_large`: it has too many bytes or pages. `no_text`: it has no text, as a scanned page.
 * `damaged`: its content does not match its name.
 */
export type DocumentErrorCode = 'too_large' | 'no_text' | 'damaged';

/** A file cannot be indexed. Reading it again would fail the same way. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  readonly code: DocumentErrorCode;

  constructor(code: DocumentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
