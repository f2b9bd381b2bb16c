import { MPEGDecoder } from 'mpg123-decoder';
import { AttachmentError } from '../../errors.ts';
import { refuseLong } from './clip.ts';
import { ClipSink, mixDown } from './clip-sink.ts';
import { mp3Frames } from './mp3-frames.ts';

const MIN_CHUNK_BYTES = 4 * 1024;

/**
 * Decodes MP3. The decoder gets only frames: it prints warnings about anything else, and finds frames in pictures. It always
 * returns two channels, which are equal for mono.
 */
export async function decodeMp3(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const sink = new ClipSink(rateOf(bytes));
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    for (const chunk of frameChunks(bytes)) sink.add(mixDown(decoder.decode(chunk).channelData));
  } finally {
    decoder.free();
  }
  return sink.end();
}

/** Throws `too_long` before anything is decoded: long MP3s are common. */
function rateOf(bytes: Uint8Array): number {
  let samples = 0;
  let rateHz: number | undefined;
  for (const frame of mp3Frames(bytes)) {
    samples += frame.samples;
    rateHz = frame.rateHz;
    refuseLong(samples, rateHz);
  }
  if (rateHz === undefined) throw new AttachmentError('damaged', 'an MP3 without a whole frame');
  return rateHz;
}

/** Joins adjacent frames. */
function* frameChunks(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  let end = 0;
  for (const { at, byteLength } of mp3Frames(bytes)) {
    if (at !== end || end - start >= MIN_CHUNK_BYTES) {
      if (end > start) yield bytes.subarray(start, end);
      start = at;
    }
    end = at + byteLength;
  }
  if (end > start) yield bytes.subarray(start, end);
}
