import { createHmac, timingSafeEqual } from 'node:crypto';

/** The secrets of stored audio: whoever has them can make links. */
export interface LinkedAudio {
  readonly id: string;
  /** Signs the links of this audio. */
  readonly linkKey: string;
}

/** The parts of a link, not yet verified. */
export interface AudioLink {
  readonly audioId: string;
  readonly expiresAtMs: number;
  readonly signature: string;
}

/** Ids of 33 characters begin with their conversation: see azure-blob-audio-store.ts. */
const LINK = /^([A-Za-z0-9_-]{22}|[A-Za-z0-9_-]{33})\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{22})$/;
const SIGNATURE_BYTES = 16;

/**
 * Creates a link that gives access to the audio until it expires: `<id>.<seconds, base 36>.<signature>`. The signature has
 * 128 bits. Links are not stored.
 */
export function toLink({ id, linkKey }: LinkedAudio, expiresAtMs: number): string {
  const unsigned = `${id}.${Math.ceil(expiresAtMs / 1000).toString(36)}`;
  return `${unsigned}.${sign(unsigned, linkKey)}`;
}

/** Returns `undefined` if it is not a link. */
export function readLink(link: string): AudioLink | undefined {
  const [, audioId = '', expires = '', signature = ''] = LINK.exec(link) ?? [];
  if (signature === '') return undefined;
  return { audioId, expiresAtMs: Number.parseInt(expires, 36) * 1000, signature };
}

/** Whether the bot signed the link to this audio, and it has not expired. */
export function isGenuine(link: AudioLink, audio: LinkedAudio, nowMs: number): boolean {
  return isSignatureValid(link, audio) && nowMs < link.expiresAtMs;
}

/** Whether the bot signed the link to this audio, which may have expired. */
export function isSignatureValid({ expiresAtMs, signature }: AudioLink, audio: LinkedAudio): boolean {
  const expected = toLink(audio, expiresAtMs).slice(-signature.length);
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

/** Signs a text. Only the owner of the audio's secrets can make and verify the signature. */
export function signText(text: string, { linkKey }: LinkedAudio): string {
  // No link begins with this prefix, so the signature of a text cannot serve as a link.
  return sign(`text ${text}`, linkKey);
}

export function isTextSigned(text: string, signature: string, audio: LinkedAudio): boolean {
  const [given, expected] = [Buffer.from(signature), Buffer.from(signText(text, audio))];
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
}

function sign(text: string, linkKey: string): string {
  return createHmac('sha256', linkKey).update(text).digest().subarray(0, SIGNATURE_BYTES).toString('base64url');
}
