import { type Clock, sleep } from '../clock.ts';
import { withTimeoutSignal } from '../deadline.ts';
import { UploadError } from '../errors.ts';
import { retryAfterMs } from '../retry-after.ts';

/** OneDrive and SharePoint, Microsoft's clouds of the United States among them, and their file transfer hosts. */
const FILE_HOST =
  /(?:^|\.)(?:sharepoint\.com|sharepoint\.us|sharepoint-mil\.us|svc\.ms|1drv\.com|onedrive\.com|onedrive\.live\.com)$/;
const MAX_REDIRECTS = 3;
const MAX_TRIES = 3;
const TRY_LIMIT_MS = 60_000;
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 15_000;
/** Transient errors of the file service. To send the same bytes to the same address again is safe. */
const RETRY_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** The redirects that keep method and body. */
const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/**
 * Uploads a whole file to an upload session. Rejects with an UploadError; sends nothing to hosts other than Microsoft's
 * file services. `fetch`: the platform's own, or one that a test directs to its server. `stopping` ends it early.
 * https://learn.microsoft.com/graph/api/driveitem-createuploadsession
 */
export async function upload(
  uploadUrl: string,
  bytes: Buffer,
  fetch: typeof globalThis.fetch,
  clock: Clock,
  stopping: AbortSignal,
): Promise<void> {
  let url = checkedUrl(uploadUrl);
  for (let tries = 1, redirects = 0; ; ) {
    const { status, headers } = await put(url, bytes, fetch, clock, stopping);
    if (status === 200 || status === 201) return;
    if (REDIRECT_STATUS.has(status) && redirects++ < MAX_REDIRECTS) {
      url = checkedUrl(headers.get('location') ?? '', url);
    } else if (RETRY_STATUS.has(status) && tries < MAX_TRIES) {
      const askedMs = retryAfterMs(Object.fromEntries(headers), clock.now()) ?? 0;
      const waitMs = Math.min(MAX_WAIT_MS, Math.max(askedMs, FIRST_WAIT_MS * 2 ** (tries++ - 1)));
      await sleep(clock, waitMs, stopping).catch(notReached);
    } else throw new UploadError('upload_refused', `the file service answered ${status}`);
  }
}

async function put(
  url: URL,
  bytes: Buffer,
  fetch: typeof globalThis.fetch,
  clock: Clock,
  stopping: AbortSignal,
): Promise<Response> {
  const { byteLength } = bytes;
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Range': `bytes 0-${byteLength - 1}/${byteLength}`,
  };
  const late = () => new Error(`no response within ${TRY_LIMIT_MS} ms`);
  // A view of the bytes, not a copy.
  const body = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, byteLength);
  try {
    const deadline = { clock, limitMs: TRY_LIMIT_MS, signal: stopping, late };
    const send = (signal: AbortSignal) => fetch(url, { method: 'PUT', headers, body, redirect: 'manual', signal });
    const response = await withTimeoutSignal(deadline, send);
    // The body may be of any length, and is not read.
    await response.body?.cancel();
    return response;
  } catch (cause) {
    return notReached(cause);
  }
}

function notReached(cause: unknown): never {
  throw new UploadError('upload_failed', 'the file service could not be reached', { cause });
}

/** Addresses come from users. A user name in one could hide where it leads. */
function checkedUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  const isPlain = url?.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '';
  if (url !== undefined && isPlain && FILE_HOST.test(url.hostname)) return url;
  throw new UploadError('upload_place_unknown', `not an address of a file service: ${url?.host ?? 'malformed'}`);
}
