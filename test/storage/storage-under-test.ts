import { randomUUID } from 'node:crypto';
import { AzureBlobs, type AzureBlobsOptions } from '../../src/storage/azure-blobs.ts';
import { type WatchedLog, watchedLog } from '../channel/watched-log.ts';
import { type Azurite, azuriteContainer, sharedAzurite } from '../support/azurite.ts';
import { ManualClock } from '../support/manual-clock.ts';
import {
  type StorageFate,
  type StorageProxy,
  type StorageRequest,
  startStorageProxy,
} from '../support/storage-proxy.ts';

/** Azurite behind a network that tests can break. */
export interface StorageUnderTest extends AsyncDisposable {
  readonly azurite: Azurite;
  readonly proxy: StorageProxy;
  /** A new container, on a clock that stands still at the real time; it does not exist if `isMissing`. */
  container(options?: { readonly isMissing?: boolean }): Promise<ContainerUnderTest>;
}

export interface ContainerUnderTest {
  readonly blobs: AzureBlobs;
  readonly clock: ManualClock;
  readonly log: WatchedLog;
  readonly options: AzureBlobsOptions;
}

export async function startStorage(): Promise<StorageUnderTest> {
  const azurite = await sharedAzurite();
  const proxy = await startStorageProxy(azurite.url);
  return {
    azurite,
    proxy,
    async container({ isMissing = false } = {}) {
      const clock = new ManualClock(Date.now());
      const log = watchedLog();
      const container = azuriteContainer(proxy.connectionString, `test-${randomUUID()}`);
      const options = { open: async () => container, clock };
      const blobs = new AzureBlobs(options);
      if (!isMissing) await container.create();
      return { blobs, clock, log, options };
    },
    async [Symbol.asyncDispose]() {
      await proxy.close();
    },
  };
}

/** The next matching call meets this fate, and later ones none. */
export function once(proxy: StorageProxy, fate: StorageFate, fits: (request: StorageRequest) => boolean = () => true) {
  proxy.rule = (request) => {
    if (!fits(request)) return undefined;
    proxy.rule = () => undefined;
    return fate;
  };
}

export async function all(names: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found;
}
