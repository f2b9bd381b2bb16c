import { authorizationFor, originalViewOf } from '../attachments/attachment-path.ts';
import { isDataUri, readDataUri } from '../attachments/data-uri.ts';
import { detectFileKind } from '../attachments/detect-file-kind.ts';
import { isPageName } from '../attachments/file-name.ts';
import { fetchSafely, INTERNET } from '../attachments/safe-fetch.ts';
import type { Clock } from '../clock.ts';
import { type HostRule, ruleFor } from '../config/allowed-hosts.ts';
import type { Config } from '../config/config.ts';
import type { FetchFile } from '../conversation/user-message.ts';
import { AttachmentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { VoiceAdapter } from './adapter.ts';
import { activityOf, capabilitiesIn } from './user-message.ts';

export interface SentFilesOptions {
  readonly adapter: Pick<VoiceAdapter, 'tokenFor'>;
  readonly config: Pick<Config, 'isAuthenticated' | 'onlyLoopback' | 'attachmentHosts' | 'proxy'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Larger files are never used. */
const MAX_BYTES = 15 * 1024 * 1024;
const TIMEOUT_MS = 20_000;

/** Fetches the files that people send, from the hosts of their channel and from nowhere else. */
export function createFileFetcher({ adapter, config, clock, log }: SentFilesOptions): FetchFile {
  return async (file, reference, signal) => {
    if (isDataUri(file.url)) return readDataUri(file.url, MAX_BYTES);
    const activity = activityOf(reference);
    const { serviceUrl } = activity;
    const { attachmentHosts, attachmentsWantToken } = capabilitiesIn(activity);
    const url = originalViewOf(file, serviceUrl);
    if (url === '') throw new AttachmentError('sign_in_needed', 'the file came without a usable address');
    // Without an app id requests are not authenticated, so the service URL is only a claim.
    const ownHosts = config.isAuthenticated ? serviceHosts(serviceUrl) : [];
    const hosts = [...ownHosts, ...attachmentHosts, ...config.attachmentHosts];
    const token = () => adapter.tokenFor(reference);
    const request = {
      url,
      // A bot that serves only this machine may fetch from it.
      rules: { hosts, allowLoopback: config.onlyLoopback },
      authorization: async (at: URL) =>
        config.isAuthenticated && attachmentsWantToken ? authorizationFor(at, serviceUrl, token) : undefined,
      signal,
      maxBytes: MAX_BYTES,
      timeoutMs: TIMEOUT_MS,
    };
    const bytes = await fetchSafely(request, { ...INTERNET, proxy: config.proxy, clock, log });
    checkIsFile(bytes, file.name, new URL(url).hostname, hosts);
    return bytes;
  };
}

/** The origin of the service, which keeps the files of channels without file hosts of their own. */
function serviceHosts(serviceUrl: string): readonly HostRule[] {
  const { protocol, hostname, port } = new URL(serviceUrl);
  return protocol === 'https:' && port === '' ? [{ host: hostname, retriesRefused: true }] : [];
}

/** A sign-in page may come with status 200. */
function checkIsFile(bytes: Uint8Array, name: string | undefined, hostname: string, hosts: readonly HostRule[]): void {
  if (!ruleFor(hostname, hosts)?.wantsSignIn || isPageName(name) || detectFileKind(bytes) !== 'html') return;
  throw new AttachmentError('sign_in_needed', `${hostname}: a page came in place of the file`);
}
