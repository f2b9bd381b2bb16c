import { type Clock, sleep } from '../clock.ts';
import { StoreError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { AzureStorage } from './azure-account.ts';
import { AzureBlobs } from './azure-blobs.ts';
import type { Blobs } from './blobs.ts';

/** The containers of the bot, which it creates itself. */
export const CONTAINERS = { state: 'bot-state', audio: 'audio' } as const;

/** What stands where in the container of the state. */
export const FOLDERS = {
  conversations: 'conversations/',
  pending: 'pending/',
  failed: 'failed/',
  spending: 'spending/',
  unreadable: 'unreadable/',
  invitations: 'invitations/',
} as const;

/** What the bot keeps outside of its processes. */
export interface Storage {
  readonly state: Blobs;
  readonly audio: Blobs;
  /** Begins to create what is missing, in the background, again and again until it is there. */
  start(): void;
  /** Gives that up. Safe to call twice. */
  close(): void;
}

/** What `openStorage` needs. */
export interface StorageOptions {
  readonly account: AzureStorage;
  readonly clock: Clock;
  readonly log: Logger;
  /** See AzureBlobsOptions. */
  readonly limitMs?: number;
}

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

/** Opens the account; nothing is sent before `start` or the first call. */
export function openStorage({ log, ...options }: StorageOptions): Storage {
  const state = new AzureBlobs({ ...options, log, container: CONTAINERS.state });
  const audio = new AzureBlobs({ ...options, log, container: CONTAINERS.audio });
  const closed = new AbortController();

  async function prepare(): Promise<void> {
    let hasFailed = false;
    for (let delayMs = FIRST_DELAY_MS; !closed.signal.aborted; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
      try {
        await Promise.all([state.prepare(), audio.prepare()]);
        log.info(hasFailed ? 'the storage works again' : 'the storage works');
        return;
      } catch (err) {
        if (!hasFailed && !closed.signal.aborted)
          log.warn({ err, todo: todoFor(err, options.account) }, 'the storage does not work');
        hasFailed = true;
      }
      // Rejects when it is closed, which the loop sees by itself.
      await sleep(options.clock, delayMs, closed.signal).catch(() => {});
    }
  }

  let isStarted = false;
  return {
    state,
    audio,
    start() {
      if (!isStarted) void prepare();
      isStarted = true;
    },
    close: () => closed.abort(),
  };
}

/** What an operator can do about a storage that does not work. */
export function todoFor(error: unknown, { kind }: AzureStorage): string {
  const reason = error instanceof StoreError ? error.reason : undefined;
  if (reason === 'KeyBasedAuthenticationNotPermitted')
    return 'the account takes no keys: set AZURE_STORAGE_BLOB_URL instead of AZURE_STORAGE_CONNECTION_STRING, to use Entra ID';
  switch (error instanceof StoreError ? error.code : undefined) {
    case 'store_refused':
      return kind === 'azureEntraId'
        ? "give the bot's identity the role 'Storage Blob Data Contributor' for the account, and let its network in"
        : 'see that the key or the signature is the present one, and let the network of the bot in';
    case 'store_rejected':
      return 'the storage does not understand the bot: an Azurite needs --skipApiVersionCheck';
    default:
      return 'see that the storage account exists, that its address is right, and that the bot can reach it';
  }
}
