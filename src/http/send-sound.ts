import { once } from 'node:events';
import type { Response } from 'restify';
import type { ByteRange } from '../audio/audio-store.ts';

/** How much of a sound is held for one request at a time. */
export const CHUNK_BYTES = 128 * 1024;

/** What is sent, and how. */
export interface SoundBody {
  readonly range: ByteRange;
  /** `undefined`: the sound is not there any more. */
  readonly read: (range: ByteRange, signal: AbortSignal) => Promise<Buffer | undefined>;
  /** Called once the first chunk is there. */
  readonly writeHead: () => void;
}

/**
 * Sends a range of a sound chunk by chunk, each when the client has taken the one before. Stops reading when the request
 * ends early. False when the sound was not there; then nothing was sent. Rejects as `read` does; after the head was
 * written the caller ends the connection.
 */
export async function sendSound(response: Response, { range, read, writeHead }: SoundBody): Promise<boolean> {
  const ended = new AbortController();
  const end = () => ended.abort();
  response.once('close', end);
  try {
    if (response.destroyed) return true;
    for (let start = range.start; start <= range.end; start += CHUNK_BYTES) {
      const chunk = { start, end: Math.min(start + CHUNK_BYTES - 1, range.end) };
      const bytes = await read(chunk, ended.signal);
      if (ended.signal.aborted) return true;
      if (bytes === undefined && start === range.start) return false;
      if (bytes?.byteLength !== chunk.end - chunk.start + 1) throw new Error('a sound ended before its end');
      if (start === range.start) writeHead();
      if (!response.write(bytes)) await once(response, 'drain', { signal: ended.signal });
    }
    response.end();
    return true;
  } catch (error) {
    if (ended.signal.aborted) return true;
    throw error;
  } finally {
    response.off('close', end);
  }
}
