import { OggOpusDecoder } from 'ogg-opus-decoder';
import { AttachmentError } from '../../errors.ts';
import { SAMPLE_RATE_HZ } from '../pcm.ts';
import { ClipSink, mixDown } from './clip-sink.ts';
import { oggPages } from './ogg-pages.ts';

const MAX_CHANNELS = 8;
/** The offset after the page's header, its one length, and the packet's "OpusHead" and version (RFC 7845, 5.1). */
const CHANNELS_AT = 37;

/**
 * Decodes Opus in Ogg, page by page: a page has at most 255 packets, which bounds the memory of its audio. Returns the
 * audio before the first damage.
 */
export async function decodeOpus(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const channels = bytes[CHANNELS_AT] ?? 0;
  if (channels < 1 || channels > MAX_CHANNELS) throw new AttachmentError('damaged', `Opus of ${channels} channels`);
  const sink = new ClipSink(SAMPLE_RATE_HZ);
  const options: ConstructorParameters<typeof OggOpusDecoder>[0] & { sampleRate: number } = {
    // Missing in the package's types (1.7.5), but supported: the codec itself resamples best.
    sampleRate: SAMPLE_RATE_HZ,
  };
  const decoder = new OggOpusDecoder(options);
  await decoder.ready;
  try {
    for await (const audio of decoded(decoder, bytes)) sink.add(mixDown(audio));
  } finally {
    decoder.free();
  }
  return sink.end();
}

async function* decoded(decoder: OggOpusDecoder, bytes: Uint8Array): AsyncGenerator<Float32Array[]> {
  try {
    for (const page of oggPages(bytes)) yield (await decoder.decode(page)).channelData;
    yield (await decoder.flush()).channelData;
  } catch {
    // The library throws at damage. The audio before it is used; a clip without audio is refused later.
  }
}
