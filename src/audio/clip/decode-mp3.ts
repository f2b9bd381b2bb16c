import { MPEGDecoder } from 'mpg123-decoder';
import { AttachmentError } from '../../errors.ts';
import { ClipSink, mixDown } from './clip-sink.ts';
import { mp3Frames } from './mp3-frames.ts';

/**
 * Decodes MP3. The decoder gets only frames: it prints warnings about anything else, and finds frames in pictures. It
 * always returns two channels, which are equal for mono.
 */
export async function decodeMp3(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const [first] = mp3Frames(bytes);
  if (first === undefined) throw new AttachmentError('damaged', 'an MP3 without a whole frame');
  const sink = new ClipSink(first.rateHz);
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    for (const { at, byteLength } of mp3Frames(bytes)) {
      sink.add(mixDown(decoder.decode(bytes.subarray(at, at + byteLength)).channelData));
    }
  } finally {
    decoder.free();
  }
  return sink.end();
}
