import { serveTasks } from '../../workers/serve-tasks.ts';
import type { BuiltInFormat } from './audio-format.ts';
import { decodeWav } from './decode-wav.ts';

/** A clip to decode. */
export interface ClipTask {
  readonly bytes: Uint8Array;
  readonly format: BuiltInFormat;
}

type PcmBytes = Uint8Array<ArrayBuffer>;

/** Libraries are loaded on first use: loading takes as long as starting a thread, and most clips are WAV. */
const DECODERS: Readonly<Record<BuiltInFormat, () => Promise<(bytes: Uint8Array) => PcmBytes | Promise<PcmBytes>>>> = {
  wav: async () => decodeWav,
  mp3: async () => (await import('./decode-mp3.ts')).decodeMp3,
  opus: async () => (await import('./decode-opus.ts')).decodeOpus,
};

/**
 * Decodes a clip to PCM of 16 bit, mono, 24 kHz. This blocks the thread for a while. Fails with an AttachmentError:
 * `too_long`, `kind_unsupported`, `damaged`; with another error where a library fails at damage.
 */
serveTasks<ClipTask, PcmBytes>(async ({ bytes, format }) => {
  const decode = await DECODERS[format]();
  const pcm = await decode(bytes);
  return { result: pcm, transfer: [pcm.buffer] };
});
