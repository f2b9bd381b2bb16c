import parseRange from 'range-parser';
import type { Request, Response } from 'restify';
import type { ByteRange, StoredAudio } from '../audio/audio-store.ts';
import { RequestError } from '../errors.ts';
import { findLinked, type LinkOptions } from './linked-audio.ts';

const FILE_ENDING = '.wav';

/** Whether a name below `/audio/` is that of a sound, and not of the page that plays it. */
export function isSoundFile(file: string): boolean {
  return file.endsWith(FILE_ENDING);
}

/** `GET` and `HEAD /audio/<link>.wav`. The link is the only key: unguessable, and there is no list of them. */
export function audioRoute(options: LinkOptions) {
  return async function serveAudio(request: Request, response: Response): Promise<void> {
    const found = await findLinked(String(request.params.file).slice(0, -FILE_ENDING.length), options);
    if (found === undefined) throw new RequestError('not_found', 'There is no such audio, or not any more.');
    const { audio, leftMs } = found;
    const etag = `"${audio.id}"`;
    const headers = {
      'Content-Type': 'audio/wav',
      'Accept-Ranges': 'bytes',
      'Cache-Control': `private, max-age=${Math.floor(leftMs / 1000)}, immutable`,
      'Content-Disposition': 'inline; filename="reply.wav"',
      'Last-Modified': new Date(audio.savedAtMs).toUTCString(),
      'X-Content-Type-Options': 'nosniff',
      ETag: etag,
    };
    const answer = answerTo(request, audio, etag);
    const length = answer.status === 304 ? {} : { 'Content-Length': String(lengthOf(answer.body)) };
    const body =
      answer.body && request.method !== 'HEAD' ? await options.audioStore.read(audio.id, answer.body) : undefined;
    response.writeHead(answer.status, { ...headers, ...length, ...answer.headers });
    response.end(body);
  };
}

interface Answer {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string>>;
  /** Which part of the sound; `undefined`: none. */
  readonly body: ByteRange | undefined;
}

const lengthOf = (range: ByteRange | undefined) => (range === undefined ? 0 : range.end - range.start + 1);

/** One range is answered as such; several, or a range of another version, with the whole. */
function answerTo(request: Request, { byteLength: size }: StoredAudio, etag: string): Answer {
  if (matches(request.headers['if-none-match'], etag)) return { status: 304, headers: {}, body: undefined };
  const ranges = wantedRanges(request, size, etag);
  if (ranges === -1) return { status: 416, headers: { 'Content-Range': `bytes */${size}` }, body: undefined };
  const only = typeof ranges === 'object' && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined;
  if (only === undefined) return { status: 200, headers: {}, body: { start: 0, end: size - 1 } };
  const { start, end } = only;
  return {
    status: 206,
    headers: { 'Content-Range': `bytes ${start}-${end}/${size}` },
    body: { start, end },
  };
}

function wantedRanges(request: Request, size: number, etag: string) {
  const { range, 'if-range': condition } = request.headers;
  // A date in If-Range would need a comparison of seconds; an ETag says the same exactly.
  if (range === undefined || (condition !== undefined && condition !== etag)) return undefined;
  return parseRange(size, range, { combine: true });
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
