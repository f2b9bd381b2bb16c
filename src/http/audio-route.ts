import parseRange from 'range-parser';
import type { Request, Response } from 'restify';
import type { ByteRange, StoredAudio } from '../audio/audio-store.ts';
import { RequestError } from '../errors.ts';
import { findLinked, type LinkOptions } from './linked-audio.ts';
import { sendSound } from './send-sound.ts';
import type { SoundReader } from './sound-reader.ts';

const FILE_ENDING = '.wav';

/** Whether a name below `/audio/` is that of a sound, and not of the page that plays it. */
export function isSoundFile(file: string): boolean {
  return file.endsWith(FILE_ENDING);
}

/** What serving sounds takes. */
export interface AudioRouteOptions extends LinkOptions {
  readonly sounds: SoundReader;
}

/** `GET` and `HEAD /audio/<link>.wav`. The link is the only key: unguessable, and there is no list of them. */
export function audioRoute(options: AudioRouteOptions) {
  return async function serveAudio(request: Request, response: Response): Promise<void> {
    const found = await findLinked(String(request.params.file).slice(0, -FILE_ENDING.length), options);
    if (found === undefined) throw notFound();
    const { audio, leftMs } = found;
    const answer = answerTo(request, audio);
    const writeHead = () => response.writeHead(answer.status, { ...headersOf(audio, leftMs), ...answer.headers });
    if (answer.body === undefined || request.method === 'HEAD') {
      writeHead();
      response.end();
      return;
    }
    const read = (range: ByteRange, signal: AbortSignal) => options.sounds.read(audio.id, range, signal);
    if (!(await sendSound(response, { range: answer.body, read, writeHead }))) throw notFound();
  };
}

function notFound(): RequestError {
  return new RequestError('not_found', 'There is no such audio, or not any more.');
}

const etagOf = ({ id }: StoredAudio) => `"${id}"`;

function headersOf(audio: StoredAudio, leftMs: number): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'audio/wav',
    'Accept-Ranges': 'bytes',
    'Cache-Control': `private, max-age=${Math.floor(leftMs / 1000)}, immutable`,
    'Content-Disposition': 'inline; filename="reply.wav"',
    'Last-Modified': new Date(audio.savedAtMs).toUTCString(),
    'X-Content-Type-Options': 'nosniff',
    ETag: etagOf(audio),
  };
}

interface Answer {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string>>;
  /** Which part of the sound; `undefined`: none. */
  readonly body: ByteRange | undefined;
}

/** One range is answered as such; several, or a range of another version, with the whole. */
function answerTo(request: Request, audio: StoredAudio): Answer {
  const etag = etagOf(audio);
  const size = audio.byteLength;
  if (matches(request.headers['if-none-match'], etag)) return { status: 304, headers: {}, body: undefined };
  const ranges = wantedRanges(request, size, etag);
  if (ranges === -1) {
    const headers = { 'Content-Range': `bytes */${size}`, 'Content-Length': '0' };
    return { status: 416, headers, body: undefined };
  }
  const only = typeof ranges === 'object' && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined;
  const length = (range: ByteRange) => ({ 'Content-Length': String(range.end - range.start + 1) });
  const whole = { start: 0, end: size - 1 };
  if (only === undefined) return { status: 200, headers: length(whole), body: size === 0 ? undefined : whole };
  const range = { start: only.start, end: only.end };
  const headers = { 'Content-Range': `bytes ${range.start}-${range.end}/${size}`, ...length(range) };
  return { status: 206, headers, body: range };
}

/** Of GET alone: RFC 9110, 14.2. */
function wantedRanges(request: Request, size: number, etag: string) {
  const { range, 'if-range': condition } = request.headers;
  if (request.method !== 'GET' || range === undefined) return undefined;
  // A date in If-Range would need a comparison of seconds; an ETag says the same exactly.
  if (condition !== undefined && condition !== etag) return undefined;
  return parseRange(size, range, { combine: true });
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
