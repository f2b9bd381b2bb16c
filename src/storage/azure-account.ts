import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';

/** An account of Azure Storage, opened with Entra ID. */
export interface AzureStorage {
  /** The address `https://<account>.blob.core.windows.net`. Tokens are never sent without TLS. */
  readonly url: string;
  /** Gets a token for `https://storage.azure.com/.default` that is valid for five more minutes. The source caches it. */
  readonly tokens: () => Promise<string>;
}

/** The container of reply audio. The deployment template creates it, and the rule that deletes old blobs. */
export const AUDIO_CONTAINER = 'audio';

const SCOPE = 'https://storage.azure.com/.default';

/** Returns the account at an address; `undefined` without an address. */
export function accountOf(
  url: string | undefined,
  tokens: (scope: string) => () => Promise<string>,
): AzureStorage | undefined {
  return url === undefined ? undefined : { url, tokens: tokens(SCOPE) };
}

/** The library does not retry: the caller knows whether a retry is safe. */
export const CALL_OPTIONS: StoragePipelineOptions = {
  retryOptions: { maxTries: 1 },
  keepAliveOptions: { enable: true },
};

const TOKEN_LASTS_MS = 5 * 60_000;

/**
 * Opens a container without checking that it exists. The library is loaded here, because it takes half a second and a bot
 * without a storage account does not need it.
 */
export async function openContainer({ url, tokens }: AzureStorage, name: string): Promise<ContainerClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob');
  // The library compares it with the system's time, whatever clock we have.
  const getToken = async () => ({ token: await tokens(), expiresOnTimestamp: Date.now() + TOKEN_LASTS_MS });
  return new BlobServiceClient(url, { getToken }, CALL_OPTIONS).getContainerClient(name);
}

export function addressOf({ url }: AzureStorage, name: string): URL {
  return new URL(`${url}/${name}`);
}
