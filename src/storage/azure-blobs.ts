import type { BlobDownloadResponseParsed, BlobRequestConditions, ContainerClient } from '@azure/storage-blob';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { type AzureStorage, openContainer } from './azure-account.ts';
import type { Blob, BlobFacts, Blobs, WriteCondition, WriteOptions } from './blobs.ts';
import { boundedCall, type Call } from './bounded-call.ts';
import { storageAnswer } from './store-failure.ts';

/** What a container is reached with. */
export interface AzureBlobsOptions {
  readonly account: AzureStorage;
  readonly container: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a call may take; 4 s if not given. Bodies above 256 kB always get 30 s. */
  readonly limitMs?: number;
  /** How many entries of a list are fetched at once; as many as the service gives (5,000) if not given. */
  readonly pageEntries?: number;
}

const DEFAULT_LIMIT_MS = 4_000;
const DEFAULT_CONTENT_TYPE = 'application/octet-stream';

/** A container of Azure Blob Storage. */
export class AzureBlobs implements Blobs {
  readonly #options: AzureBlobsOptions;
  #opening: Promise<ContainerClient> | undefined;
  #preparing: Promise<'made' | 'there'> | undefined;

  constructor(options: AzureBlobsOptions) {
    this.#options = options;
  }

  /**
   * Creates the container where it is missing, and tells which it was; to find it there, or made by another instance
   * meanwhile, is as good.
   * Rejects with a StoreError.
   */
  prepare(): Promise<'made' | 'there'> {
    this.#preparing ??= this.#call('creating the container', async (container, { signal }) => {
      try {
        await container.create({ abortSignal: signal });
        return 'made';
      } catch (error) {
        if (storageAnswer(error).code !== 'ContainerAlreadyExists') throw error;
        return 'there';
      }
    }).finally(() => {
      this.#preparing = undefined;
    });
    return this.#preparing;
  }

  read(name: string, known?: string): Promise<Blob | 'unchanged' | undefined> {
    return this.#call(`reading ${name}`, async (container, call) => {
      try {
        const answer = await container.getBlobClient(name).download(0, undefined, {
          abortSignal: call.signal,
          maxRetryRequests: 0,
          ...(known === undefined ? {} : { conditions: { ifNoneMatch: quoted(known) } }),
        });
        call.expect(answer.contentLength ?? 0);
        return { ...factsOf(name, answer), body: await bodyOf(answer) };
      } catch (error) {
        if (storageAnswer(error).status === 304) return 'unchanged';
        return noneOr(error);
      }
    });
  }

  readPart(name: string, start: number, end: number): Promise<Blob | undefined> {
    return this.#call(`reading a part of ${name}`, async (container, { signal: abortSignal, expect }) => {
      try {
        const options = { abortSignal, maxRetryRequests: 0 };
        const answer = await container.getBlobClient(name).download(start, end - start + 1, options);
        expect(answer.contentLength ?? 0);
        return { ...factsOf(name, answer), body: await bodyOf(answer) };
      } catch (error) {
        return noneOr(error);
      }
    });
  }

  describe(name: string): Promise<BlobFacts | undefined> {
    return this.#call(`looking at ${name}`, async (container, { signal }) => {
      try {
        return factsOf(name, await container.getBlobClient(name).getProperties({ abortSignal: signal }));
      } catch (error) {
        return noneOr(error);
      }
    });
  }

  write(name: string, body: Buffer, { condition, metadata, contentType }: WriteOptions = {}): Promise<string> {
    const write = async (container: ContainerClient, { signal }: Call) => {
      const { etag = '' } = await container.getBlockBlobClient(name).upload(body, body.byteLength, {
        abortSignal: signal,
        conditions: conditionsOf(condition),
        blobHTTPHeaders: { blobContentType: contentType ?? DEFAULT_CONTENT_TYPE },
        ...(metadata === undefined ? {} : { metadata }),
      });
      return unquoted(etag);
    };
    return this.#call(`writing ${name}`, write, body.byteLength);
  }

  delete(name: string, tag?: string): Promise<boolean> {
    return this.#call(`deleting ${name}`, async (container, { signal: abortSignal }) => {
      const blob = container.getBlobClient(name);
      const conditions = tag === undefined ? {} : { ifMatch: quoted(tag) };
      try {
        await blob.delete({ abortSignal, conditions });
        return true;
      } catch (error) {
        // Some answer so, too, when there is nothing that could match.
        const isOther = storageAnswer(error).status === 412 && (await blob.exists({ abortSignal }));
        if (isOther) throw error;
        return storageAnswer(error).status === 412 ? false : (noneOr(error) ?? false);
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
      for (const { name, properties, metadata } of page?.segment.blobItems ?? []) {
        yield factsOf(name, { ...properties, metadata });
      }
      continuationToken = page?.continuationToken || undefined;
    } while (continuationToken !== undefined);
  }

  #call<T>(doing: string, run: (container: ContainerClient, call: Call) => Promise<T>, bodyBytes = 0): Promise<T> {
    const { account, container, clock, limitMs = DEFAULT_LIMIT_MS } = this.#options;
    return boundedCall({ clock, limitMs, doing: `${doing} (container ${container})`, bodyBytes }, async (call) => {
      try {
        this.#opening ??= openContainer(account, container);
        return await run(await this.#opening, call);
      } catch (error) {
        if (storageAnswer(error).code === 'ContainerNotFound') this.#prepareInBackground();
        throw error;
      }
    });
  }

  /** Somebody has deleted the container, or nobody has made it yet. */
  #prepareInBackground(): void {
    if (this.#preparing !== undefined) return;
    const { log, container } = this.#options;
    this.prepare().catch((err: unknown) => log.warn({ err, container }, 'a storage container could not be created'));
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

interface Described {
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

function factsOf(name: string, { etag = '', lastModified, metadata = {} }: Described): BlobFacts {
  return { name, tag: unquoted(etag), writtenAtMs: lastModified?.getTime() ?? 0, metadata };
}

function conditionsOf(condition: WriteCondition): BlobRequestConditions {
  switch (condition?.over) {
    case undefined:
      return {};
    case 'nothing':
      return { ifNoneMatch: '*' };
    case 'version':
      return { ifMatch: quoted(condition.tag) };
  }
}

/** In headers a tag stands in quotes, and in lists without. */
const quoted = (tag: string) => `"${tag}"`;
const unquoted = (etag: string) => etag.replaceAll('"', '');
