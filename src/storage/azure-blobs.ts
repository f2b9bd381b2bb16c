import { addAbortSignal, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BlobDownloadResponseParsed, ContainerClient } from '@azure/storage-blob';
import type { Clock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { StoreError, type StoreErrorCode } from '../errors.ts';
import { fieldsOf, textOf } from '../json-access.ts';

export interface AzureBlobsOptions {
  /** Called at the first use. */
  readonly open: () => Promise<ContainerClient>;
  readonly clock: Clock;
}

/** A blob, or a part of it. */
export interface Blob {
  /** Short ASCII values under lower-case names. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const LIMIT_MS = 4_000;
const LARGE_BODY_BYTES = 256 * 1024;
const LARGE_BODY_LIMIT_MS = 10_000;

/**
 * A container of Azure Blob Storage, which has to exist. Each call is tried once and rejects with a StoreError:
 * `store_unavailable` (a write may have been done), `store_access_denied` or `store_call_invalid`. Limits: 4 s, 10 s
 * for a body above 256 kB.
 */
export class AzureBlobs {
  readonly #options: AzureBlobsOptions;
  #opening: Promise<ContainerClient> | undefined;

  constructor(options: AzureBlobsOptions) {
    this.#options = options;
  }

  /** Reads the blob, or the part of the inclusive range that exists; `undefined` if the blob does not exist. */
  async read(name: string, range?: { readonly start: number; readonly end: number }): Promise<Blob | undefined> {
    const action = `reading ${name}`;
    const byteCount = range && range.end - range.start + 1;
    const response = await this.#call(action, (container, abortSignal) =>
      container
        .getBlobClient(name)
        .download(range?.start ?? 0, byteCount, { abortSignal, maxRetryRequests: 0 })
        .catch(undefinedIfMissing),
    );
    if (response === undefined) return undefined;
    const readBody = (_: ContainerClient, signal: AbortSignal) => bodyOf(response, signal);
    return { metadata: response.metadata ?? {}, body: await this.#call(action, readBody, response.contentLength) };
  }

  /** Replaces the blob if there is one. */
  async write(name: string, body: Buffer, contentType: string, metadata: Blob['metadata'] = {}): Promise<void> {
    const blobHTTPHeaders = { blobContentType: contentType };
    const write = (container: ContainerClient, abortSignal: AbortSignal) =>
      container.getBlockBlobClient(name).upload(body, body.byteLength, { abortSignal, blobHTTPHeaders, metadata });
    await this.#call(`writing ${name}`, write, body.byteLength);
  }

  /** Does nothing if the blob does not exist. */
  async delete(name: string): Promise<void> {
    await this.#call(`deleting ${name}`, (container, abortSignal) =>
      container.getBlobClient(name).delete({ abortSignal }).catch(undefinedIfMissing),
    );
  }

  /** Lists the names that begin with `prefix`, in order and page by page. */
  async *list(prefix: string): AsyncGenerator<string> {
    const action = `listing ${prefix}`;
    const pages = await this.#call(action, async (container) => container.listBlobsFlat({ prefix }).byPage());
    for (;;) {
      const { done, value } = await this.#call(action, () => pages.next());
      if (done) return;
      for (const { name } of value.segment.blobItems) yield name;
    }
  }

  /** What failed to open is opened again by the next call. */
  #open(): Promise<ContainerClient> {
    this.#opening ??= this.#options.open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  #call<T>(
    action: string,
    run: (container: ContainerClient, signal: AbortSignal) => Promise<T>,
    bodyBytes = 0,
  ): Promise<T> {
    const { clock } = this.#options;
    const limitMs = bodyBytes > LARGE_BODY_BYTES ? LARGE_BODY_LIMIT_MS : LIMIT_MS;
    const late = () => new StoreError('store_unavailable', `${action} failed: no answer within ${limitMs} ms`);
    // The library ignores the signal while it waits for a token.
    return withDeadline({ clock, limitMs, late }, async (signal) => run(await this.#open(), signal)).catch((error) => {
      throw storeFailure(action, error);
    });
  }
}

/** In Node the body is a `Readable`, although the library's type has only a part of it. */
function bodyOf({ readableStreamBody }: BlobDownloadResponseParsed, signal: AbortSignal): Promise<Buffer> {
  return buffer(addAbortSignal(signal, readableStreamBody as Readable));
}

const MAX_CODE_CHARS = 100;

/** Returns Azure's code, or that of the network. A response to HEAD has no body, so its code is only in a header. */
function codeOf(error: unknown): string | undefined {
  const { code, details } = fieldsOf(error);
  return textOf(code, MAX_CODE_CHARS) ?? textOf(fieldsOf(details)['errorCode'], MAX_CODE_CHARS);
}

function undefinedIfMissing(error: unknown): undefined {
  if (codeOf(error) !== 'BlobNotFound') throw error;
}

/** Keeps only the codes of the library's error: the rest holds the request with its credentials. */
function storeFailure(action: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { statusCode: status } = fieldsOf(error);
  const reason = codeOf(error);
  const description = [status, reason].filter((fact) => fact !== undefined).join(' ');
  if (description === '') return new StoreError('store_unavailable', `${action} failed`, { cause: error });
  return new StoreError(storeCodeOf(status), `${action} failed: ${description}`, { reason });
}

function storeCodeOf(status: unknown): StoreErrorCode {
  if (status === 401 || status === 403) return 'store_access_denied';
  const isCallWrong = typeof status === 'number' && [400, 405, 411, 413, 415].includes(status);
  return isCallWrong ? 'store_call_invalid' : 'store_unavailable';
}
