import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link is made from. Neither of both goes out: a link is all that its holder has. */
export interface LinkedAudio {
  readonly id: string;
  /** Of this audio alone: signs its links, which end each in its own time. */
  readonly linkKey: string;
}

/** What a link says, which its holder may have made up. */
export interface AudioLink {
  readonly audioId: string;
  readonly expiresAtMs: number;
  readonly signature: string;
}

/** The ids of stored audio name their conversation, too: see azure-blob-audio-store.ts. */
const LINK = /^([A-Za-z0-9_-]{22}|[A-Za-z0-9_-]{33})\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{22})$/;
const SIGNATURE_BYTES = 16;

/**
 * The name under which whoever holds it may hear the audio until it expires: `<id>.<seconds, base 36>.<signature>`.
 * 128 bits of the signature cannot be guessed; nothing has to be kept for a link, in no process.
 */
export function toLink({ id, linkKey }: LinkedAudio, expiresAtMs: number): string {
  const named = `${id}.${Math.ceil(expiresAtMs / 1000).toString(36)}`;
  return `${named}.${sign(named, linkKey)}`;
}

/** `undefined` for what is no link at all. */
export function readLink(link: string): AudioLink | undefined {
  const [, audioId = '', expires = '', signature = ''] = LINK.exec(link) ?? [];
  if (signature === '') return undefined;
  return { audioId, expiresAtMs: Number.parseInt(expires, 36) * 1000, signature };
}

/** Whether we made this link to this audio, and it still holds. */
export function isGenuine({ expiresAtMs, signature }: AudioLink, audio: LinkedAudio, nowMs: number): boolean {
  const expected = toLink(audio, expiresAtMs).slice(-signature.length);
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected)) && nowMs < expiresAtMs;
}

/** A mark on a text that whoever has the audio can check, and nobody else can make. */
export function signText(text: string, { linkKey }: LinkedAudio): string {
  // No link begins so: a seal opens nothing.
  return sign(`text ${text}`, linkKey);
}

export function isTextSigned(text: string, mark: string, audio: LinkedAudio): boolean {
  const [given, expected] = [Buffer.from(mark), Buffer.from(signText(text, audio))];
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
}

function sign(named: string, linkKey: string): string {
  return createHmac('sha256', linkKey).update(named).digest().subarray(0, SIGNATURE_BYTES).toString('base64url');
}
