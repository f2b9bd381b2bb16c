import type { RealtimeClientEvent } from './connection.ts';

/** One part of a user's message to the model. */
export type ContentPart =
  | { readonly kind: 'text'; readonly text: string }
  /** PNG or JPEG. */
  | { readonly kind: 'image'; readonly dataUri: string }
  /** PCM16 LE mono 24 kHz, without a header. */
  | { readonly kind: 'audio'; readonly pcm: Uint8Array };

type Item = Extract<RealtimeClientEvent, { type: 'conversation.item.create' }>['item'];
type WirePart = NonNullable<Extract<Item, { type: 'message'; role: 'user' }>['content']>[number];

/** The service rejects a commit of less than 100 ms. A shorter clip is sent in an item and not transcribed. */
const MIN_COMMIT_BYTES = 4_800;
/** In bytes of PCM: five seconds. The service accepts up to 15 MiB of base64 at once. */
const CHUNK_BYTES = 240_000;

/** Converts a part for an item of the user. */
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

/** Whether the service transcribes the part if a transcription model is set. */
export function isTranscribed(part: ContentPart): part is Extract<ContentPart, { kind: 'audio' }> {
  return part.kind === 'audio' && part.pcm.byteLength >= MIN_COMMIT_BYTES;
}

/** Returns chunks of base64 for `input_audio_buffer.append`. */
export function audioChunks(pcm: Uint8Array): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < pcm.byteLength; start += CHUNK_BYTES)
    chunks.push(Buffer.from(pcm.subarray(start, start + CHUNK_BYTES)).toString('base64'));
  return chunks;
}
