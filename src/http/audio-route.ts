import { once } from 'node:events';
import parseRange from 'range-parser';
import type { Request, Response } from 'restify';
import type { ByteRange, StoredAudio } from '../audio/audio-store.ts';
import { RequestError } from '../errors.ts';
import type { AudioReader } from './audio-reader.ts';

/** The largest part of the audio that one request holds in memory. */
export const CHUNK_BYTES = 128 * 1024;

interface AudioResponse {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string>>;
  /** The part of the audio in the body. Default: no body. */
  readonly range?: ByteRange;
}

/** Serves `GET` and `HEAD /audio/<link>.wav`. The link is the only key: it cannot be guessed, and no page lists it. */
export function audioRoute(audioReader: AudioReader) {
  return async function serveAudio(request: Request, response: Response): Promise<void> {
    const found = await audioReader.find(String(request.params.file).slice(0, -'.wav'.length));
    if (found === undefined) throw notFound();
    const audioResponse = responseTo(request, found.audio, found.leftMs);
    if (request.method !== 'HEAD') return sendAudio(response, audioResponse, found.audio.id, audioReader);
    response.writeHead(audioResponse.status, audioResponse.headers);
    response.end();
  };
}

function notFound(): RequestError {
  return new RequestError('not_found', 'This audio does not exist, or not any more.');
}

/** A single range gets that part; several ranges, or a range of another version, get the whole audio. */
function responseTo(request: Request, audio: StoredAudio, leftMs: number): AudioResponse {
  const etag = `"${audio.id}"`;
  const size = audio.byteLength;
  const common = {
    'Content-Type': 'audio/wav',
    'Accept-Ranges': 'bytes',
    'Cache-Control': `private, max-age=${Math.floor(leftMs / 1000)}, immutable`,
    'Content-Disposition': 'inline; filename="reply.wav"',
    'Last-Modified': new Date(audio.savedAtMs).toUTCString(),
    'X-Content-Type-Options': 'nosniff',
    ETag: etag,
  };
  if (matches(request.headers['if-none-match'], etag)) return { status: 304, headers: common };
  const ranges = requestedRanges(request, size, etag);
  if (ranges === -1) {
    const headers = { ...common, 'Content-Range': `bytes */${size}`, 'Content-Length': '0' };
    return { status: 416, headers };
  }
  const singleRange = Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined;
  const range = singleRange ?? { start: 0, end: size - 1 };
  const headers = { ...common, 'Content-Length': String(range.end - range.start + 1) };
  if (singleRange === undefined) return { status: 200, headers, range };
  return { status: 206, headers: { ...headers, 'Content-Range': `bytes ${range.start}-${range.end}/${size}` }, range };
}

/** Ranges apply only to GET: RFC 9110, 14.2. */
function requestedRanges(request: Request, size: number, etag: string) {
  const { range, 'if-range': condition } = request.headers;
  if (request.method !== 'GET' || range === undefined) return undefined;
  // If-Range is supported only with an ETag: a date is exact only to the second.
  if (condition !== undefined && condition !== etag) return undefined;
  return parseRange(size, range, { combine: true });
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch?.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim())) ?? false;
}

/**
 * Sends the audio in chunks, as fast as the client receives them, and stops reading when the client disconnects. The
 * head goes out with the first chunk. Rejects as `read` does, or with a RequestError (`not_found`) if the audio was
 * removed.
 */
async function sendAudio(
  response: Response,
  { status, headers, range = { start: 0, end: -1 } }: AudioResponse,
  id: string,
  audioReader: AudioReader,
): Promise<void> {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  try {
    for (let start = range.start; start <= range.end && !response.destroyed; start += CHUNK_BYTES) {
      const chunk = { start, end: Math.min(start + CHUNK_BYTES - 1, range.end) };
      const bytes = await audioReader.read(id, chunk, closed.signal);
      if (bytes === undefined && !response.headersSent) throw notFound();
      if (bytes?.byteLength !== chunk.end - chunk.start + 1) throw new Error('the audio ended before its end');
      if (!response.headersSent) response.writeHead(status, headers);
      if (!response.write(bytes)) await once(response, 'drain', { signal: closed.signal });
    }
    if (!response.headersSent) response.writeHead(status, headers);
    response.end();
  } catch (error) {
    if (!closed.signal.aborted) throw error;
  }
}
