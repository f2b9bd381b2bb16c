import { StoreError } from '../errors.ts';
import type { Installation } from '../installation.ts';
import { AUDIO_CONTAINER, openAudioContainer } from '../storage/azure-account.ts';
import { AzureBlobs } from '../storage/azure-blobs.ts';
import { type CheckContext, type Finding, fail, pass, skipped } from './check.ts';
import { connectionFix } from './connectivity.ts';

const BODY = Buffer.from('Written by the doctor of the voice bot, and deleted at once.');
const PART = { start: 11, end: 20 };
const WRONG_STORAGE = 'Use Azure Blob Storage itself.';

/** Writes a blob as the bot does, reads a part of it and deletes it. */
export async function checkStorage({ config, tokens, clock, ids, installation }: CheckContext): Promise<Finding> {
  const { azureStorageBlobUrl: url } = config;
  if (url === undefined) return skipped('no storage account: reply audio is in the database or in memory');
  const blobs = new AzureBlobs({ open: () => openAudioContainer(url, tokens), clock });
  const name = `doctor/${ids.secret()}`;
  const startedAtMs = clock.now();
  try {
    await blobs.write(name, BODY, 'text/plain');
    const part = await blobs.read(name, PART);
    if (part === undefined || !part.body.equals(BODY.subarray(PART.start, PART.end + 1)))
      return fail('the content that was read differs from what was written', WRONG_STORAGE);
    await blobs.delete(name);
    return pass(`written, read back in part and deleted, in ${clock.now() - startedAtMs} ms`);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return fail(error.message, fixFor(error, url, installation));
  } finally {
    // Clean up after a failed check. Its finding already names the reason.
    await blobs.delete(name).catch(() => {});
  }
}

function fixFor({ code, reason = '' }: StoreError, url: string, installation: Installation): string {
  if (reason === 'ContainerNotFound') return `Create the container "${AUDIO_CONTAINER}" in the account.`;
  switch (code) {
    case 'store_access_denied':
      return "Give the bot's identity the role 'Storage Blob Data Contributor' for the account, and allow its network.";
    case 'store_call_invalid':
      return `The storage does not understand the bot. ${WRONG_STORAGE}`;
    case 'store_unavailable':
      return connectionFix(reason, 'AZURE_STORAGE_BLOB_URL', new URL(url).hostname, installation);
  }
}
