import type { Activity } from 'botbuilder';
import { AppCredentials, ClaimsIdentity } from 'botframework-connector';
import { authorizationFor, originalViewOf } from '../attachments/attachment-path.ts';
import { isDataUri, readDataUri } from '../attachments/data-uri.ts';
import { detectFileType } from '../attachments/detect-file-type.ts';
import { isPageName } from '../attachments/file-name.ts';
import type { SentFile } from '../attachments/message-parts.ts';
import { type FetchRequest, fetchSafely, INTERNET } from '../attachments/safe-fetch.ts';
import type { Clock } from '../clock.ts';
import { type FetchRules, type HostRule, ruleFor } from '../config/allowed-hosts.ts';
import type { ProxySettings } from '../config/proxy-settings.ts';
import type { FetchFile, MessageReference } from '../conversation/user-message.ts';
import { AttachmentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { VoiceAdapter } from './adapter.ts';
import { capabilitiesOf } from './capabilities.ts';
import { scopeOf } from './user-message.ts';

/** What getting files takes. */
export interface SentFilesOptions {
  readonly adapter: VoiceAdapter;
  /** Besides those of the channels. */
  readonly hosts: readonly HostRule[];
  /** For development: files of clients on this machine. */
  readonly allowLoopback: boolean;
  readonly proxy: ProxySettings | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The largest file that anything is done with. */
const MAX_BYTES = 15 * 1024 * 1024;
const TIMEOUT_MS = 20_000;

/** Gets the files that people send, from where their channel keeps them and from nowhere else. */
export function createFileFetcher({ adapter, hosts, allowLoopback, proxy, clock, log }: SentFilesOptions): FetchFile {
  return async (file, reference, signal) => {
    if (isDataUri(file.url)) return readDataUri(file.url, MAX_BYTES);
    const request = {
      ...placeOf(file, reference, adapter, { hosts, allowLoopback }),
      ...{ signal, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS },
    };
    if (request.url === '')
      throw new AttachmentError('sign_in_needed', 'no address that can be used came with the file');
    const bytes = await fetchSafely(request, { ...INTERNET, proxy, clock, log });
    checkIsFile(bytes, file.name, request);
    return bytes;
  };
}

/** The address of a file, the hosts that may be asked for it, and the key for them. */
function placeOf(
  file: SentFile,
  reference: MessageReference,
  adapter: VoiceAdapter,
  { hosts, allowLoopback }: FetchRules,
): Pick<FetchRequest, 'url' | 'rules' | 'authorization'> {
  const activity = reference.activity as unknown as Activity;
  const { serviceUrl, channelId } = activity;
  const { attachmentHosts, attachmentsWantToken } = capabilitiesOf(channelId, scopeOf(activity));
  // Without an app id requests are not authenticated, so the service URL is only a claim.
  const own = adapter.hasIdentity ? serviceHosts(serviceUrl) : [];
  const wantsToken = adapter.hasIdentity && attachmentsWantToken;
  const key = { serviceUrl, token: () => tokenOf(reference, adapter) };
  return {
    url: originalViewOf(file, serviceUrl),
    rules: { hosts: [...own, ...attachmentHosts, ...hosts], allowLoopback },
    authorization: async (at) => (wantsToken ? authorizationFor(at, key) : undefined),
  };
}

/** The origin of the service: it keeps the files of channels that have no file hosts of their own. */
function serviceHosts(serviceUrl: string): readonly HostRule[] {
  const { protocol, hostname, port } = new URL(serviceUrl);
  return protocol === 'https:' && port === '' ? [{ host: hostname, retriesRefused: true }] : [];
}

/** A sign-in page may come with status 200. */
function checkIsFile(bytes: Uint8Array, name: string | undefined, { url, rules }: FetchRequest): void {
  const { hostname } = new URL(url);
  if (!ruleFor(hostname, rules.hosts)?.wantsSignIn || isPageName(name) || detectFileType(bytes) !== 'html') return;
  throw new AttachmentError('sign_in_needed', `${hostname}: a page came in place of the file`);
}

/** The bot's own token for its channel, got as for its replies. */
async function tokenOf({ activity, claims, audience }: MessageReference, adapter: VoiceAdapter): Promise<string> {
  const { serviceUrl } = activity as unknown as Activity;
  const credentials = await adapter.credentialsFor(new ClaimsIdentity([...claims], true), serviceUrl, audience);
  if (!(credentials instanceof AppCredentials)) throw new Error('botbuilder made credentials of an unknown kind');
  return credentials.getToken();
}
