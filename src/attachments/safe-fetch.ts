import { lookup } from 'node:dns';
import { type Clock, sleep } from '../clock.ts';
import type { FetchRules } from '../config/allowed-hosts.ts';
import { withDeadline } from '../deadline.ts';
import { AttachmentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type AllowedUrl, allowedUrlOf } from './allowed-url.ts';
import { type ConnectionDeps, connectTo, withConnection } from './connection.ts';
import { type Answer, ask, type Fetched } from './http-get.ts';

/** What is to be fetched, and what it may cost. */
export interface FetchRequest {
  /** From outside: it may be anything. */
  readonly url: string;
  readonly rules: FetchRules;
  readonly maxBytes: number;
  /** For everything together: names, connections, redirects, the body. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /**
   * The value of the `Authorization` header for an address, `undefined` = none. It is asked for each address anew, those
   * of redirects included, and has to know where its token belongs; see authorization.ts.
   */
  readonly authorization?: (url: URL) => Promise<string | undefined>;
}

/** What fetching takes. */
export interface FetchDeps extends ConnectionDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** The internet. */
export const INTERNET: ConnectionDeps = { lookup, connect: connectTo };

const MAX_REDIRECTS = 3;
/** Answers of a host that may not know the file yet; https://github.com/microsoft/BotFramework-Services/issues/255 */
const UNKNOWN_STATUS: ReadonlySet<number> = new Set([401, 403, 404]);
const UNKNOWN_WAIT_MS = 1_000;

/**
 * Fetches a file whose address came from outside, from a host of the rules at a public address. Each redirect is checked
 * like the first address; no connection outlives the call, and none is shared. Rejects with an AttachmentError
 * (`address_refused`, `not_fetched`, `sign_in_needed`, `too_large`, `too_slow`) that names a host and nothing more of an
 * address, or with the reason of an aborted `signal`. A page in place of a file is a file, too: `contentType` tells.
 */
export async function fetchSafely(request: FetchRequest, deps: FetchDeps): Promise<Fetched> {
  const first = allowedUrlOf(request.url, request.rules);
  const { timeoutMs } = request;
  const deadline = {
    clock: deps.clock,
    limitMs: timeoutMs,
    signal: request.signal,
    late: () => new AttachmentError('too_slow', `${first.url.hostname}: the file did not come within ${timeoutMs} ms`),
  };
  // A name lookup cannot be cancelled: what follows it checks the signal.
  return withDeadline(deadline, (signal) => followed(first, request, deps, signal));
}

async function followed(
  first: AllowedUrl,
  request: FetchRequest,
  deps: FetchDeps,
  signal: AbortSignal,
): Promise<Fetched> {
  let at = first;
  let isAskedAgain = false;
  for (let redirects = 0; ; ) {
    const answer = await answerOf(at, request, deps, signal);
    const host = at.url.hostname;
    if (answer.kind === 'file') return answer.file;
    if (answer.kind === 'redirect') {
      if (++redirects > MAX_REDIRECTS) throw notGiven(at, 'too many redirects');
      at = redirected(at, answer.location, request.rules);
    } else if (UNKNOWN_STATUS.has(answer.status) && at.rule?.retriesRefused && !isAskedAgain) {
      isAskedAgain = true;
      deps.log.debug({ host, status: answer.status }, 'file not given yet: asked for once more');
      await sleep(deps.clock, UNKNOWN_WAIT_MS, signal);
    } else {
      throw notGiven(at, `it answered ${answer.status}`);
    }
  }
}

/** A host whose files are for people who sign in hides them by other statuses, too: sending the same link again is no help. */
function notGiven({ url, rule }: AllowedUrl, why: string): AttachmentError {
  const code = rule?.wantsSignIn ? 'sign_in_needed' : 'not_fetched';
  return new AttachmentError(code, `${url.hostname}: ${why}`);
}

/** A file service redirects to the sign-in page of its owner's organisation. */
function redirected({ url, rule }: AllowedUrl, location: string, rules: FetchRules): AllowedUrl {
  try {
    return allowedUrlOf(location, rules, url);
  } catch (cause) {
    if (!rule?.wantsSignIn) throw cause;
    throw new AttachmentError('sign_in_needed', `${url.hostname}: it leads away from the file`, { cause });
  }
}

async function answerOf(at: AllowedUrl, request: FetchRequest, deps: FetchDeps, signal: AbortSignal): Promise<Answer> {
  const { url } = at;
  const { rules, maxBytes } = request;
  try {
    const authorization = await request.authorization?.(url);
    signal.throwIfAborted();
    return await withConnection(at, rules, deps, signal, (socket) => ask(socket, { url, authorization, maxBytes }));
  } catch (cause) {
    if (cause instanceof AttachmentError) throw cause;
    throw new AttachmentError('not_fetched', `${url.hostname}: no answer`, { cause });
  }
}
