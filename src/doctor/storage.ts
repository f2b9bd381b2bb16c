import { StoreError } from '../errors.ts';
import { AUDIO_CONTAINER, accountOf, addressOf, openContainer } from '../storage/azure-account.ts';
import { AzureBlobs } from '../storage/azure-blobs.ts';
import { type Check, type DoctorDeps, type Finding, fail, pass } from './check.ts';
import { reachCheck } from './connectivity.ts';
import { tryWrites } from './storage-writes.ts';

const NAME = 'storage';
const ADDRESS = 'storage address';
const VARIABLE = 'AZURE_STORAGE_BLOB_URL';

/** Each call has bounds of its own. */
const LIMIT_MS = 60_000;
const MEMORY_LIMIT_MS = 10_000;

/** Whether reply audio can be stored in the storage account, where there is one. */
export function storageChecks(deps: DoctorDeps): readonly Check[] {
  const { config, tokens, clock } = deps;
  const account = accountOf(config.azureStorageBlobUrl, tokens);
  if (account === undefined) return [noAccount()];
  const blobs = new AzureBlobs({ open: () => openContainer(account, AUDIO_CONTAINER), clock });
  return [
    reachCheck({ name: ADDRESS, address: async () => addressOf(account, AUDIO_CONTAINER), variable: VARIABLE }, deps),
    {
      name: `storage writes (${AUDIO_CONTAINER})`,
      needs: [ADDRESS],
      limitMs: LIMIT_MS,
      lateFix: `See that the network lets this machine reach the address in ${VARIABLE}.`,
      run: () => orFix(() => tryWrites(blobs, deps)),
    },
  ];
}

function noAccount(): Check {
  const said = 'no storage account: reply audio is in the database, or in the memory of the process';
  return { name: NAME, limitMs: MEMORY_LIMIT_MS, lateFix: '', run: async () => pass(said, { kind: 'memory' }) };
}

async function orFix(work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return fail(error.message, fixFor(error));
  }
}

/** What an operator can do about a storage account that does not work. */
function fixFor({ code, reason }: StoreError): string {
  if (reason === 'ContainerNotFound') return `Create the container "${AUDIO_CONTAINER}" in the account.`;
  switch (code) {
    case 'store_refused':
      return "Give the bot's identity the role 'Storage Blob Data Contributor' for the account, and let its network in.";
    case 'store_rejected':
      return 'The storage does not understand the bot: use Azure Blob Storage itself.';
    case 'store_unavailable':
    case 'store_unreadable':
      return 'See that the storage account exists, that its address is right, and that the bot can reach it.';
  }
}
