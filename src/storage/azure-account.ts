import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';
import type { StorageSettings } from '../config/storage-settings.ts';

/** An account of Azure Storage, and what opens it. */
export type AzureStorage =
  | {
      readonly kind: 'azureEntraId';
      /** `https://<account>.blob.core.windows.net`; a token is never sent where there is no TLS. */
      readonly url: string;
      /** A token for `https://storage.azure.com/.default`, good for five minutes more; kept and renewed by its maker. */
      readonly tokens: () => Promise<string>;
    }
  | { readonly kind: 'azureConnectionString'; readonly connectionString: string };

/** The container of reply audio. The template makes it, and the rule that empties it. */
export const AUDIO_CONTAINER = 'audio';

const SCOPE = 'https://storage.azure.com/.default';

/** The account that is set up, with access tokens by their scope; `undefined`: all is kept in memory. */
export function accountOf(
  settings: StorageSettings,
  tokens: (scope: string) => () => Promise<string>,
): AzureStorage | undefined {
  switch (settings.kind) {
    case 'memory':
      return undefined;
    case 'azureEntraId':
      return { ...settings, tokens: tokens(SCOPE) };
    case 'azureConnectionString':
      return settings;
  }
}

/** Each call is tried once: whoever calls knows whether doing it again is safe. */
const OPTIONS: StoragePipelineOptions = { retryOptions: { maxTries: 1 }, keepAliveOptions: { enable: true } };

const TOKEN_LASTS_MS = 5 * 60_000;

/**
 * A container of the account; whether it exists is not asked. The library, half a second of start-up, is loaded here,
 * so that a bot without a storage account goes without. Rejects when the connection string cannot be read.
 */
export async function openContainer(account: AzureStorage, name: string): Promise<ContainerClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob');
  switch (account.kind) {
    case 'azureConnectionString':
      return BlobServiceClient.fromConnectionString(account.connectionString, OPTIONS).getContainerClient(name);
    case 'azureEntraId': {
      const getToken = async () => ({
        token: await account.tokens(),
        // The library compares it with the system's time, whatever clock we have.
        expiresOnTimestamp: Date.now() + TOKEN_LASTS_MS,
      });
      return new BlobServiceClient(account.url, { getToken }, OPTIONS).getContainerClient(name);
    }
  }
}

/** The address of a container, without a signature that may stand behind it. Rejects as `openContainer` does. */
export async function addressOf(account: AzureStorage, name: string): Promise<URL> {
  const { origin, pathname } = new URL((await openContainer(account, name)).url);
  return new URL(pathname, origin);
}
