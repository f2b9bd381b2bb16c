import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';

/** An account of Azure Storage, opened with Entra ID. */
export interface AzureStorage {
  /** `https://<account>.blob.core.windows.net`; a token is never sent where there is no TLS. */
  readonly url: string;
  /** A token for `https://storage.azure.com/.default`, valid for five minutes more; cached and renewed by its source. */
  readonly tokens: () => Promise<string>;
}

/** The container of reply audio. The template makes it, and the rule that empties it. */
export const AUDIO_CONTAINER = 'audio';

const SCOPE = 'https://storage.azure.com/.default';

/** The account at an address, with access tokens by their scope; `undefined` where there is none. */
export function accountOf(
  url: string | undefined,
  tokens: (scope: string) => () => Promise<string>,
): AzureStorage | undefined {
  return url === undefined ? undefined : { url, tokens: tokens(SCOPE) };
}

/** Each call is tried once: the caller knows whether a retry is safe. */
export const CALL_OPTIONS: StoragePipelineOptions = {
  retryOptions: { maxTries: 1 },
  keepAliveOptions: { enable: true },
};

const TOKEN_LASTS_MS = 5 * 60_000;

/**
 * A container of the account; whether it exists is not asked. The library, half a second of start-up, is loaded here,
 * so that a bot without a storage account goes without.
 */
export async function openContainer({ url, tokens }: AzureStorage, name: string): Promise<ContainerClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob');
  // The library compares it with the system's time, whatever clock we have.
  const getToken = async () => ({ token: await tokens(), expiresOnTimestamp: Date.now() + TOKEN_LASTS_MS });
  return new BlobServiceClient(url, { getToken }, CALL_OPTIONS).getContainerClient(name);
}

/** The address of a container. */
export function addressOf({ url }: AzureStorage, name: string): URL {
  return new URL(`${url}/${name}`);
}
