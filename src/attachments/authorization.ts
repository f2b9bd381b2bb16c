import { isLoopbackHost } from '../env.ts';

/** A channel's key, and the one place that it belongs to. */
export interface ChannelKey {
  /** Where the channel is answered, as its authenticated activity names it. */
  readonly serviceUrl: string;
  readonly token: () => Promise<string>;
}

/**
 * The `Authorization` header for an address: the channel's token where scheme, host and port are those of its service
 * URL, and nothing anywhere else. The token is asked for only then. Without TLS it stays on this machine.
 */
export async function authorizationFor(url: URL, { serviceUrl, token }: ChannelKey): Promise<string | undefined> {
  const service = URL.canParse(serviceUrl) ? new URL(serviceUrl) : undefined;
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (service === undefined || !isSafe || url.origin !== service.origin) return undefined;
  return `Bearer ${await token()}`;
}
