import type { EnvReader } from './env.ts';

const FORMER = 'AZURE_STORAGE_CONNECTION_STRING';

/** The storage account of reply audio; `undefined`: it is in the database, or in memory. Problems go to the reader. */
export function readBlobUrl(read: EnvReader): string | undefined {
  if (read.text(FORMER) !== undefined)
    read.problems.push(
      `${FORMER} is not used any more; expected DATABASE_URL for all that outlives the bot, and AZURE_STORAGE_BLOB_URL only where reply audio is kept in Azure Blob Storage`,
    );
  const url = read.url('AZURE_STORAGE_BLOB_URL', 'https://<account>.blob.core.windows.net');
  if (url !== undefined && !url.startsWith('https:'))
    read.problems.push('AZURE_STORAGE_BLOB_URL is no https address; expected one, since a token is sent there');
  return url;
}
