import type { RealtimeClientEvent } from './connection.ts';

/** One piece of what a user says to the model. */
export type ContentPart =
  | { readonly kind: 'text'; readonly text: string }
  /** PNG or JPEG. */
  | { readonly kind: 'image'; readonly dataUri: string }
  /** PCM16 LE mono 24 kHz, without a header. */
  | { readonly kind: 'audio'; readonly pcm: Uint8Array };

type Item = Extract<RealtimeClientEvent, { type: 'conversation.item.create' }>['item'];
type WirePart = NonNullable<Extract<Item, { type: 'message'; role: 'user' }>['content']>[number];

/** A part as it stands in an item of the user. */
export function wirePart(part: ContentPart): WirePart {
  switch (part.kind) {
    case 'text':
      return { type: 'input_text', text: part.text };
    case 'image':
      return { type: 'input_image', image_url: part.dataUri };
    case 'audio':
      return { type: 'input_audio', audio: Buffer.from(part.pcm).toString('base64') };
  }
}

/** The service refuses less than 100 ms in its buffer: such a clip goes as it is, and is not transcribed. */
const MIN_COMMIT_BYTES = 4_800;

/** Whether a part can be written down by the service, where a model for that is set. */
export function isTranscribed(part: ContentPart): part is Extract<ContentPart, { kind: 'audio' }> {
  return part.kind === 'audio' && part.pcm.byteLength >= MIN_COMMIT_BYTES;
}

/** The service takes 15 MiB of base64 at once; less holds up nobody else on this side. */
const PIECE_BYTES = 240_000;

/** Sound in pieces for `input_audio_buffer.append`. */
export function audioChunks(pcm: Uint8Array): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < pcm.byteLength; start += PIECE_BYTES)
    pieces.push(Buffer.from(pcm.subarray(start, start + PIECE_BYTES)).toString('base64'));
  return pieces;
}
