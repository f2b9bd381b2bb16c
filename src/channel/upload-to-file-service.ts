import { type Clock, sleep } from '../clock.ts';
import { withTimeoutSignal } from '../deadline.ts';
import { UploadError } from '../errors.ts';
import { retryAfterMs } from '../retry-after.ts';

export interface UploadDeps {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

/** OneDrive and SharePoint, Microsoft's clouds of the United States among them, and their file transfer hosts. */
const FILE_HOST =
  /(?:^|\.)(?:sharepoint\.com|sharepoint\.us|sharepoint-mil\.us|svc\.ms|1drv\.com|onedrive\.com|onedrive\.live\.com)$/;
const MAX_REDIRECTS = 3;
const MAX_RETRIES = 2;
const ATTEMPT_TIMEOUT_MS = 60_000;
const FIRST_BACKOFF_MS = 1_000;
const MAX_WAIT_MS = 15_000;
/** Transient errors of the file service. To send the same bytes to the same address again is safe. */
const RETRY_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** The redirects that keep the method and the body of a PUT: 301 and 302 change only a POST (Fetch, 4.4). */
const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/**
 * Uploads a whole file to an upload session. Rejects with an UploadError; sends nothing to hosts other than Microsoft's
 * file services. `shutdown` ends it early.
 * https://learn.microsoft.com/graph/api/driveitem-createuploadsession
 */
export async function uploadToFileService(
  uploadUrl: string,
  bytes: Buffer,
  shutdown: AbortSignal,
  deps: UploadDeps,
): Promise<void> {
  const { clock } = deps;
  const late = () => new Error(`no response within ${ATTEMPT_TIMEOUT_MS} ms`);
  const deadline = { clock, limitMs: ATTEMPT_TIMEOUT_MS, signal: shutdown, late };
  let url = checkedUrl(uploadUrl);
  for (let retries = 0, redirects = 0; ; ) {
    const put = (signal: AbortSignal) => putFile(url, bytes, deps, signal);
    const { status, headers } = await withTimeoutSignal(deadline, put).catch(throwUnreachable);
    if (status === 200 || status === 201) return;
    if (REDIRECT_STATUS.has(status) && redirects++ < MAX_REDIRECTS) {
      url = checkedUrl(headers.get('location') ?? '', url);
    } else if (RETRY_STATUS.has(status) && retries < MAX_RETRIES) {
      const askedMs = retryAfterMs(Object.fromEntries(headers), clock.now()) ?? 0;
      const waitMs = Math.min(MAX_WAIT_MS, Math.max(askedMs, FIRST_BACKOFF_MS * 2 ** retries));
      retries++;
      await sleep(clock, waitMs, shutdown).catch(throwUnreachable);
    } else throw new UploadError('upload_refused', `the file service answered ${status}`);
  }
}

async function putFile(url: URL, bytes: Buffer, { fetch }: UploadDeps, signal: AbortSignal): Promise<Response> {
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Range': `bytes 0-${bytes.byteLength - 1}/${bytes.byteLength}`,
  };
  const body = bytes as Buffer<ArrayBuffer>;
  const response = await fetch(url, { method: 'PUT', headers, body, redirect: 'manual', signal });
  // The body may be of any length, and is not read.
  await response.body?.cancel();
  return response;
}

function throwUnreachable(cause: unknown): never {
  throw new UploadError('upload_failed', 'the file service could not be reached', { cause });
}

/** Addresses come from users. A user name in one could hide where it leads. */
function checkedUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  const isPlain = url?.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '';
  if (url && isPlain && FILE_HOST.test(url.hostname)) return url;
  throw new UploadError('untrusted_upload_host', `not an address of a file service: ${url?.host ?? 'malformed'}`);
}
