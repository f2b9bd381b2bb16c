import { MPEGDecoder } from 'mpg123-decoder';
import { AttachmentError } from '../../errors.ts';
import { refuseLong } from './clip.ts';
import { ClipSink, mixDown } from './clip-sink.ts';
import { type Mp3Frame, mp3Frames } from './mp3-frames.ts';

const PIECE_BYTES = 4 * 1024;

/**
 * Counts first, then decodes. The decoder gets nothing but frames: what lies between them makes it print, and look for
 * frames in pictures. What it gives has always two channels, the same when there was one.
 */
export async function decodeMp3(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const rateHz = measure(bytes);
  const sink = new ClipSink(rateHz);
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    for (const piece of pieces(bytes)) sink.add(mixDown(decoder.decode(piece).channelData));
  } finally {
    decoder.free();
  }
  return sink.end();
}

/** The rate of all frames; throws when they are too many. */
function measure(bytes: Uint8Array): number {
  let samples = 0;
  let last: Mp3Frame | undefined;
  for (const frame of mp3Frames(bytes)) {
    samples += frame.samples;
    refuseLong(samples, frame.rateHz);
    last = frame;
  }
  if (last === undefined) throw new AttachmentError('damaged', 'an MP3 without a whole frame');
  return last.rateHz;
}

/** Frames that lie side by side, together. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  let to = 0;
  for (const { at, byteLength } of mp3Frames(bytes)) {
    if (at !== to || to - from >= PIECE_BYTES) {
      if (to > from) yield bytes.subarray(from, to);
      from = at;
    }
    to = at + byteLength;
  }
  if (to > from) yield bytes.subarray(from, to);
}
