import { lookup } from 'node:dns/promises';
import { type Clock, sleep } from '../clock.ts';
import type { FetchRules } from '../config/allowed-hosts.ts';
import { withDeadline } from '../deadline.ts';
import { AttachmentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type AllowedUrl, allowedUrlOf } from './allowed-url.ts';
import { type ConnectionDeps, connectTo, openConnection } from './connection.ts';
import { type HttpResult, httpGet } from './http-get.ts';

export interface FetchRequest {
  /** The address comes from outside and may be anything. */
  readonly url: string;
  readonly rules: FetchRules;
  readonly maxBytes: number;
  /** Limits everything together: look-ups, connections, redirects, the body. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /**
   * Returns the `Authorization` header for an address, or `undefined`. It is called for each address, including
   * redirects, and has to check which address may get the token: see `authorizationFor`.
   */
  readonly authorization?: (url: URL) => Promise<string | undefined>;
}

export interface FetchDeps extends ConnectionDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

export const INTERNET: ConnectionDeps = { lookup, connect: connectTo };

const MAX_REDIRECTS = 3;
/** A host may not know the file yet: https://github.com/microsoft/BotFramework-Services/issues/255 */
const RETRIED_STATUS: ReadonlySet<number> = new Set([401, 403, 404]);
const RETRY_DELAY_MS = 1_000;

/**
 * Fetches a file whose address came from outside, from a host of the rules at a public address. Each redirect is
 * checked like the first address; no connection outlives the call, and none is shared. Rejects with an AttachmentError
 * (`address_refused`, `not_fetched`, `sign_in_needed`, `too_large`, `too_slow`) that names a host and no other part of
 * an address, or with the reason of an aborted `signal`. A page in place of a file is returned like a file.
 */
export async function fetchSafely(request: FetchRequest, deps: FetchDeps): Promise<Uint8Array> {
  const { url, rules, timeoutMs: limitMs, signal } = request;
  const { clock } = deps;
  const first = allowedUrlOf(url, rules);
  const late = () => new AttachmentError('too_slow', `${first.url.hostname}: no file within ${limitMs} ms`);
  // A look-up cannot be aborted, so the code after it checks the signal.
  return withDeadline({ clock, limitMs, signal, late }, (limited) => followRedirects(first, request, deps, limited));
}

async function followRedirects(
  first: AllowedUrl,
  request: FetchRequest,
  deps: FetchDeps,
  signal: AbortSignal,
): Promise<Uint8Array> {
  let current = first;
  let isRetried = false;
  for (let redirects = 0; ; ) {
    const result = await requestOnce(current, request, deps, signal);
    const host = current.url.hostname;
    if (result.kind === 'file') return result.bytes;
    if (result.kind === 'redirect') {
      if (++redirects > MAX_REDIRECTS) throw notFetched(current, 'too many redirects');
      current = redirectTarget(current, result.location, request.rules);
    } else if (RETRIED_STATUS.has(result.status) && current.rule?.retriesRefused && !isRetried) {
      isRetried = true;
      deps.log.debug({ host, status: result.status }, 'file request refused: retried once');
      await sleep(deps.clock, RETRY_DELAY_MS, signal);
    } else {
      throw notFetched(current, `it answered ${result.status}`);
    }
  }
}

/** A host that requires signing in may refuse with any status. Sending the link again does not help. */
function notFetched({ url, rule }: AllowedUrl, why: string): AttachmentError {
  return new AttachmentError(rule?.wantsSignIn ? 'sign_in_needed' : 'not_fetched', `${url.hostname}: ${why}`);
}

/** A redirect to a host that is not allowed may lead to the sign-in page of the file's owner. */
function redirectTarget({ url, rule }: AllowedUrl, location: string, rules: FetchRules): AllowedUrl {
  try {
    return allowedUrlOf(location, rules, url);
  } catch (cause) {
    if (!rule?.wantsSignIn) throw cause;
    throw new AttachmentError('sign_in_needed', `${url.hostname}: it redirects to another host`, { cause });
  }
}

async function requestOnce(
  current: AllowedUrl,
  request: FetchRequest,
  deps: FetchDeps,
  signal: AbortSignal,
): Promise<HttpResult> {
  const { url } = current;
  try {
    const authorization = await request.authorization?.(url);
    signal.throwIfAborted();
    const socket = await openConnection(current, request.rules, deps, signal);
    try {
      return await httpGet(socket, { url, authorization, maxBytes: request.maxBytes });
    } finally {
      socket.destroy();
    }
  } catch (cause) {
    if (cause instanceof AttachmentError) throw cause;
    throw new AttachmentError('not_fetched', `${url.hostname}: no answer`, { cause });
  }
}
