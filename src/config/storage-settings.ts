import type { EnvReader } from './env.ts';

/** Where records, accepted messages and audio are kept. In memory they end with the process. */
export type StorageSettings =
  | { readonly kind: 'memory' }
  | { readonly kind: 'azureEntraId'; readonly url: string }
  | { readonly kind: 'azureConnectionString'; readonly connectionString: string };

const CONNECTION_STRING =
  'the connection string of a storage account, "DefaultEndpointsProtocol=https;AccountName=..."';

/** Reads them; what is wrong goes to the reader's problems, without the connection string. */
export function readStorage(read: EnvReader): StorageSettings {
  const connectionString = read.text('AZURE_STORAGE_CONNECTION_STRING');
  const url = read.url('AZURE_STORAGE_BLOB_URL', 'https://<account>.blob.core.windows.net');
  if (connectionString !== undefined && read.text('AZURE_STORAGE_BLOB_URL') !== undefined) {
    read.problems.push('AZURE_STORAGE_BLOB_URL and AZURE_STORAGE_CONNECTION_STRING are both set; expected one of them');
  }
  if (connectionString !== undefined) {
    if (!isConnectionString(connectionString))
      read.problems.push(`AZURE_STORAGE_CONNECTION_STRING cannot be used; expected ${CONNECTION_STRING}`);
    return { kind: 'azureConnectionString', connectionString };
  }
  if (url === undefined) return { kind: 'memory' };
  if (!url.startsWith('https:'))
    read.problems.push(
      'AZURE_STORAGE_BLOB_URL is no https address; expected one, since a token is sent there (for Azurite: AZURE_STORAGE_CONNECTION_STRING=UseDevelopmentStorage=true)',
    );
  return { kind: 'azureEntraId', url };
}

/** As the client library reads it: with the account's key, a signature for its blobs, or of the emulator here. */
function isConnectionString(text: string): boolean {
  const has = (name: string, value: string) => new RegExp(`(^|;)${name}=${value}(;|$)`).test(text);
  const isForBlobs = has('BlobEndpoint', 'https?://[^;]+');
  const hasKey = has('AccountName', '[a-z0-9]{3,24}') && has('AccountKey', '[A-Za-z0-9+/]{16,}={0,2}');
  return (
    text === 'UseDevelopmentStorage=true' ||
    (has('DefaultEndpointsProtocol', 'https?') && hasKey && (isForBlobs || has('EndpointSuffix', '[^;]+'))) ||
    (isForBlobs && has('SharedAccessSignature', '[^;]+'))
  );
}
