import { type Clock, sleep } from '../clock.ts';
import { withTimeoutSignal } from '../deadline.ts';
import { UploadError } from '../errors.ts';
import { retryAfterMs } from '../retry-after.ts';

/** What an upload takes. */
export interface UploadDeps {
  /** The platform's own, or one that leads a test's addresses to its server. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Ends it early. */
  readonly stopping: AbortSignal;
}

/** OneDrive and SharePoint, Microsoft's clouds of the United States among them, and their file transfer hosts. */
const FILE_HOSTS = [
  'sharepoint.com',
  'sharepoint.us',
  'sharepoint-mil.us',
  'svc.ms',
  '1drv.com',
  'onedrive.com',
  'onedrive.live.com',
];
const MAX_REDIRECTS = 3;
const MAX_TRIES = 3;
const TRY_LIMIT_MS = 60_000;
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 15_000;
/** Passing troubles of the file service; to send the same bytes to the same place again does no harm. */
const RETRY_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** Those of the redirects that keep method and body. */
const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/**
 * Puts a whole file where the user agreed to have it. Rejects with an UploadError; nothing is sent to an address that
 * is not a file service of Microsoft's, whoever names it.
 * https://learn.microsoft.com/graph/api/driveitem-createuploadsession
 */
export async function upload(uploadUrl: string, bytes: Buffer, deps: UploadDeps): Promise<void> {
  for (let tries = 1; ; tries++) {
    const response = await putFollowing(uploadUrl, bytes, deps);
    if (response.status === 200 || response.status === 201) return;
    if (tries === MAX_TRIES || !RETRY_STATUS.has(response.status)) {
      throw new UploadError('upload_refused', `the file service answered ${response.status}`);
    }
    const askedMs = retryAfterMs(Object.fromEntries(response.headers), deps.clock.now()) ?? 0;
    const waitMs = Math.min(MAX_WAIT_MS, Math.max(askedMs, FIRST_WAIT_MS * 2 ** (tries - 1)));
    await sleep(deps.clock, waitMs, deps.stopping).catch(notReached);
  }
}

async function putFollowing(uploadUrl: string, bytes: Buffer, deps: UploadDeps): Promise<Response> {
  let url = checkedUrl(uploadUrl);
  for (let redirects = 0; ; redirects++) {
    const response = await put(url, bytes, deps);
    // Nothing is read of it: an answer may be of any length.
    await response.body?.cancel();
    if (!REDIRECT_STATUS.has(response.status)) return response;
    if (redirects === MAX_REDIRECTS) throw new UploadError('upload_refused', 'the file service redirects in circles');
    url = checkedUrl(response.headers.get('location') ?? '', url);
  }
}

async function put(url: URL, bytes: Buffer, { fetch, clock, stopping }: UploadDeps): Promise<Response> {
  const { byteLength } = bytes;
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Range': `bytes 0-${byteLength - 1}/${byteLength}`,
  };
  const late = () => new Error(`no answer within ${TRY_LIMIT_MS} ms`);
  // The bytes themselves, and no copy of them.
  const body = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, byteLength);
  try {
    return await withTimeoutSignal({ clock, limitMs: TRY_LIMIT_MS, signal: stopping, late }, (signal) =>
      fetch(url, { method: 'PUT', headers, body, redirect: 'manual', signal }),
    );
  } catch (cause) {
    return notReached(cause);
  }
}

function notReached(cause: unknown): never {
  throw new UploadError('upload_failed', 'the file service could not be reached', { cause });
}

/** Addresses come from the wire. A user name in one could hide where it leads. */
function checkedUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  const isHttps = url?.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '';
  if (
    url === undefined ||
    !isHttps ||
    !FILE_HOSTS.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`))
  ) {
    throw new UploadError(
      'upload_place_unknown',
      `not an address of a file service: ${url?.host ?? 'no address at all'}`,
    );
  }
  return url;
}
