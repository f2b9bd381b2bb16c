import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';

/** The container of reply audio. The deployment template creates it, and the rule that deletes old blobs. */
export const AUDIO_CONTAINER = 'audio';

const SCOPE = 'https://storage.azure.com/.default';

/** The library does not retry: the caller knows whether a retry is safe. */
export const CALL_OPTIONS: StoragePipelineOptions = {
  retryOptions: { maxTries: 1 },
  keepAliveOptions: { enable: true },
};

const TOKEN_LASTS_MS = 5 * 60_000;

/**
 * Opens the container of reply audio in the account at `url`, with Entra ID, without checking that it exists. The
 * library refuses to send a token without TLS. It is loaded here, because it takes half a second and a bot without a
 * storage account does not need it.
 */
export async function openAudioContainer(
  url: string,
  tokens: (scope: string) => () => Promise<string>,
): Promise<ContainerClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob');
  const tokenOf = tokens(SCOPE);
  // The library compares it with the system's time, whatever clock we have.
  const getToken = async () => ({ token: await tokenOf(), expiresOnTimestamp: Date.now() + TOKEN_LASTS_MS });
  return new BlobServiceClient(url, { getToken }, CALL_OPTIONS).getContainerClient(AUDIO_CONTAINER);
}
