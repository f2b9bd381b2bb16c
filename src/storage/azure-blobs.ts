import type { BlobDownloadResponseParsed, ContainerClient } from '@azure/storage-blob';
import type { Clock } from '../clock.ts';
import type { Blob, BlobFacts, Blobs, WriteOptions } from './blobs.ts';
import { boundedCall, type Call } from './bounded-call.ts';
import { storageAnswer } from './store-failure.ts';

/** What a container is reached with. */
export interface AzureBlobsOptions {
  /** Called at the first use. */
  readonly open: () => Promise<ContainerClient>;
  readonly clock: Clock;
  /** How long a call may take; 4 s if not given. Bodies above 256 kB always get 10 s. */
  readonly limitMs?: number;
  /** How many entries of a list are fetched at once; as many as the service gives (5,000) if not given. */
  readonly pageEntries?: number;
}

const DEFAULT_LIMIT_MS = 4_000;

/** A container of Azure Blob Storage. It has to exist. */
export class AzureBlobs implements Blobs {
  readonly #options: AzureBlobsOptions;
  #opening: Promise<ContainerClient> | undefined;

  constructor(options: AzureBlobsOptions) {
    this.#options = options;
  }

  read(name: string): Promise<Blob | undefined> {
    return this.#download(name, 0);
  }

  readPart(name: string, start: number, end: number): Promise<Blob | undefined> {
    return this.#download(name, start, end - start + 1);
  }

  write(name: string, body: Buffer, { metadata = {}, contentType }: WriteOptions): Promise<void> {
    const write = async (container: ContainerClient, { signal }: Call) => {
      await container.getBlockBlobClient(name).upload(body, body.byteLength, {
        abortSignal: signal,
        blobHTTPHeaders: { blobContentType: contentType },
        metadata,
      });
    };
    return this.#call(`writing ${name}`, write, body.byteLength);
  }

  delete(name: string): Promise<boolean> {
    return this.#call(`deleting ${name}`, async (container, { signal: abortSignal }) => {
      try {
        await container.getBlobClient(name).delete({ abortSignal });
        return true;
      } catch (error) {
        return noneOr(error) ?? false;
      }
    });
  }

  async *list(prefix: string): AsyncGenerator<BlobFacts> {
    const { pageEntries } = this.#options;
    const settings = pageEntries === undefined ? {} : { maxPageSize: pageEntries };
    let continuationToken: string | undefined;
    do {
      const from = continuationToken;
      const page = await this.#call(`listing ${prefix}`, async (container, call) => {
        const pages = container
          .listBlobsFlat({ prefix, includeMetadata: true, abortSignal: call.signal })
          .byPage({ ...settings, ...(from === undefined ? {} : { continuationToken: from }) });
        return (await pages.next()).value;
      });
      for (const { name, metadata } of page?.segment.blobItems ?? []) {
        yield factsOf(name, { metadata });
      }
      continuationToken = page?.continuationToken || undefined;
    } while (continuationToken !== undefined);
  }

  #download(name: string, start: number, bytes?: number): Promise<Blob | undefined> {
    return this.#call(`reading ${name}`, async (container, { signal: abortSignal, expect }) => {
      try {
        const options = { abortSignal, maxRetryRequests: 0 };
        const answer = await container.getBlobClient(name).download(start, bytes, options);
        expect(answer.contentLength ?? 0);
        return { ...factsOf(name, answer), body: await bodyOf(answer) };
      } catch (error) {
        return noneOr(error);
      }
    });
  }

  #call<T>(doing: string, run: (container: ContainerClient, call: Call) => Promise<T>, bodyBytes = 0): Promise<T> {
    const { open, clock, limitMs = DEFAULT_LIMIT_MS } = this.#options;
    return boundedCall({ clock, limitMs, doing, bodyBytes }, async (call) => {
      this.#opening ??= open();
      return run(await this.#opening, call);
    });
  }
}

async function bodyOf({ readableStreamBody }: BlobDownloadResponseParsed): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** `undefined` where the blob alone is missing; throws all else. */
function noneOr(error: unknown): undefined {
  if (storageAnswer(error).code === 'BlobNotFound') return undefined;
  throw error;
}

function factsOf(
  name: string,
  { metadata = {} }: { readonly metadata?: Readonly<Record<string, string>> | undefined },
): BlobFacts {
  return { name, metadata };
}
