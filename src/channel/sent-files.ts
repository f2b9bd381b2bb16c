import type { Activity } from 'botbuilder';
import { AppCredentials, ClaimsIdentity } from 'botframework-connector';
import type { HostRule } from '../attachments/allowed-hosts.ts';
import { authorizationFor } from '../attachments/authorization.ts';
import { isDataUri, readDataUri } from '../attachments/data-uri.ts';
import { fetchSafely, INTERNET } from '../attachments/safe-fetch.ts';
import { Slots } from '../attachments/slots.ts';
import type { Clock } from '../clock.ts';
import type { FetchFile, TurnReference } from '../conversation/turn.ts';
import { AttachmentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { VoiceAdapter } from './adapter.ts';
import { capabilitiesOf } from './capabilities.ts';
import { scopeOf } from './user-turn.ts';

/** What getting files takes. */
export interface SentFilesOptions {
  readonly adapter: VoiceAdapter;
  /** Besides those of the channels. */
  readonly hosts: readonly HostRule[];
  /** For development: files of clients on this machine. */
  readonly allowLoopback: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The largest file that anything is done with. */
const MOST_BYTES = 15 * 1024 * 1024;
/** So that what is under way takes 60 MB at most, however many conversations there are. */
const MOST_AT_ONCE = 4;
const TIMEOUT_MS = 20_000;

/**
 * Gets the files that people send, from where their channel keeps them and from nowhere else; so many at a time, whoever
 * sent them. How long one waits for its turn is bounded by its signal.
 */
export function createFileFetcher({ adapter, hosts, allowLoopback, clock, log }: SentFilesOptions): FetchFile {
  const slots = new Slots(MOST_AT_ONCE);
  return async ({ url }, reference, signal) => {
    if (url === '') throw new AttachmentError('sign_in_needed', 'no address that can be used came with the file');
    if (isDataUri(url)) return readDataUri(url, MOST_BYTES).bytes;
    const activity = reference.activity as unknown as Activity;
    const { attachmentHosts } = capabilitiesOf(activity.channelId, scopeOf(activity));
    const key = { serviceUrl: activity.serviceUrl, token: () => tokenOf(reference, adapter) };
    const request = {
      ...{ url, signal, maxBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS },
      rules: { hosts: [...attachmentHosts, ...hosts], allowLoopback },
      authorization: async (at: URL) => (adapter.hasIdentity ? authorizationFor(at, key) : undefined),
    };
    const { bytes } = await slots.run(signal, () => fetchSafely(request, { ...INTERNET, clock, log }));
    return bytes;
  };
}

/** The bot's own token for its channel, got as for its replies. */
async function tokenOf({ activity, claims, audience }: TurnReference, adapter: VoiceAdapter): Promise<string> {
  const { serviceUrl } = activity as unknown as Activity;
  const credentials = await adapter.credentialsFor(new ClaimsIdentity([...claims], true), serviceUrl, audience);
  if (!(credentials instanceof AppCredentials)) throw new Error('botbuilder made credentials of an unknown kind');
  return credentials.getToken();
}
