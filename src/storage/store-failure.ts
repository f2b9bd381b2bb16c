import { StoreError, type StoreErrorCode } from '../errors.ts';
import { fieldsOf, textOf } from '../json-access.ts';

/** What Azure Storage, or the way to it, says of a call that failed. */
export interface StorageAnswer {
  /** Of HTTP; `undefined`: there was no answer. */
  readonly status: number | undefined;
  /** Azure's own word for it, else that of the network; `undefined` where neither has one. */
  readonly code: string | undefined;
}

const MAX_CODE_CHARS = 100;

/** Reads an error of the client library. An answer to HEAD has no body: there the code stands in a header alone. */
export function storageAnswer(error: unknown): StorageAnswer {
  const { statusCode, code, details } = fieldsOf(error);
  return {
    status: typeof statusCode === 'number' ? statusCode : undefined,
    code: textOf(code, MAX_CODE_CHARS) ?? textOf(fieldsOf(details)['errorCode'], MAX_CODE_CHARS),
  };
}

/**
 * The failure as one of ours. Of the library's error only its codes are kept: the rest of it holds the request, with
 * whatever opens the account, and in an address perhaps a signature.
 */
export function storeFailure(doing: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { status, code } = storageAnswer(error);
  const said = [status, code].filter((part) => part !== undefined).join(' ');
  if (said !== '') return new StoreError(meaningOf({ status }), `${doing} failed: ${said}`, { reason: code });
  return new StoreError('store_unavailable', `${doing} failed`, { cause: error });
}

function meaningOf({ status }: Pick<StorageAnswer, 'status'>): StoreErrorCode {
  if (status === 401 || status === 403) return 'store_refused';
  // What is wrong with the call itself is so for ever.
  if (status === 400 || status === 405 || status === 411 || status === 413 || status === 415) return 'store_rejected';
  return 'store_unavailable';
}
