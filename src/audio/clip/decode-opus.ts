import { OggOpusDecoder } from 'ogg-opus-decoder';
import { AttachmentError } from '../../errors.ts';
import { SAMPLE_RATE_HZ } from '../pcm.ts';
import { refuseLong } from './clip.ts';
import { ClipSink, mixDown } from './clip-sink.ts';
import { type OggPage, oggPages } from './ogg-pages.ts';

/** What positions are counted in, whatever was recorded (RFC 7845, 4). */
const GRANULES_PER_SECOND = 48_000;
const MAX_CHANNELS = 8;
/** Behind the page's header, its one length, and the packet's "OpusHead" and version. */
const CHANNELS_AT = 37;

/**
 * Opus in Ogg. The decoder gets one page at a time: a page has at most 255 packets, so that what it makes of one is
 * bounded, however small the packets. A stream that is damaged on its way sounds up to there.
 */
export async function decodeOpus(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const pages = [...streamOf(bytes)];
  const channels = pages[0]?.bytes[CHANNELS_AT] ?? 0;
  if (channels < 1 || channels > MAX_CHANNELS) throw new AttachmentError('damaged', `Opus of ${channels} channels`);
  refuseLong(...spanOf(pages));
  const sink = new ClipSink(SAMPLE_RATE_HZ);
  const options: ConstructorParameters<typeof OggOpusDecoder>[0] & { sampleRate: number } = {
    // Missing in the package's types (1.7.5), there in its code: the codec itself makes this rate best.
    sampleRate: SAMPLE_RATE_HZ,
  };
  const decoder = new OggOpusDecoder(options);
  await decoder.ready;
  try {
    for await (const sound of decoded(decoder, pages)) sink.add(mixDown(sound));
  } finally {
    decoder.free();
  }
  return sink.end();
}

/** The pages of the first stream; others that run beside it, or follow it, are left out. */
function* streamOf(bytes: Uint8Array): Generator<OggPage> {
  let serial: number | undefined;
  for (const page of oggPages(bytes)) {
    serial ??= page.serial;
    if (page.serial === serial) yield page;
  }
}

/** How long it is at least by its own count, which need not begin at 0. */
function spanOf(pages: readonly OggPage[]): [granules: number, perSecond: number] {
  const granules = pages.flatMap(({ granule }) => (granule === undefined || granule === 0n ? [] : [granule]));
  return [Number((granules.at(-1) ?? 0n) - (granules[0] ?? 0n)), GRANULES_PER_SECOND];
}

async function* decoded(decoder: OggOpusDecoder, pages: readonly OggPage[]): AsyncGenerator<Float32Array[]> {
  try {
    for (const { bytes } of pages) yield (await decoder.decode(bytes)).channelData;
    yield (await decoder.flush()).channelData;
  } catch {
    // The library throws at damage that it makes no sense of. What it made before is kept; nothing at all is refused.
  }
}
