import { attachmentPathOf } from './attachment-path.ts';

/** A channel's key, and the one place that it belongs to. */
export interface ChannelKey {
  /** Where the channel is answered, as its authenticated activity names it. */
  readonly serviceUrl: string;
  readonly token: () => Promise<string>;
}

/**
 * The `Authorization` header for an address: the channel's token if the address is a view of an attachment at the
 * channel's service, over https at the default port; `undefined` for any other. Addresses come from users, and the
 * token also opens the rest of the service, such as the members of other conversations. The token is requested only
 * when it is given.
 */
export async function authorizationFor(url: URL, { serviceUrl, token }: ChannelKey): Promise<string | undefined> {
  const isSafe = url.protocol === 'https:' && url.port === '';
  const isView = attachmentPathOf(url, serviceUrl)?.view !== undefined;
  return isSafe && isView ? `Bearer ${await token()}` : undefined;
}
