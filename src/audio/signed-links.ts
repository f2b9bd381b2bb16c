import { createHmac, timingSafeEqual } from 'node:crypto';

/** The secret of stored audio or of a recording link: whoever has it can make links. */
export interface LinkSecret {
  readonly id: string;
  /** Signs the links. */
  readonly linkKey: string;
}

/** The parts of a link, not yet verified. */
export interface SignedLink {
  /** Of the audio or the recording link. */
  readonly id: string;
  readonly expiresAtMs: number;
  readonly signature: string;
}

/** Ids of 33 characters begin with their conversation: see azure-blob-audio-store.ts. */
const LINK = /^([A-Za-z0-9_-]{22}|[A-Za-z0-9_-]{33})\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{22})$/;
const SIGNATURE_BYTES = 16;

/**
 * Creates a link that gives access to stored audio, or to the recording page, until it expires:
 * `<id>.<seconds, base 36>.<signature>`. The signature has 128 bits. Links are not stored.
 */
export function toLink({ id, linkKey }: LinkSecret, expiresAtMs: number): string {
  const unsigned = `${id}.${Math.ceil(expiresAtMs / 1000).toString(36)}`;
  return `${unsigned}.${sign(unsigned, linkKey)}`;
}

/** Returns `undefined` if it is not a link. */
export function readLink(link: string): SignedLink | undefined {
  const [, id = '', expires = '', signature = ''] = LINK.exec(link) ?? [];
  if (signature === '') return undefined;
  return { id, expiresAtMs: Number.parseInt(expires, 36) * 1000, signature };
}

/** Whether the bot signed the link with this secret, and it has not expired. */
export function isGenuine(link: SignedLink, secret: LinkSecret, nowMs: number): boolean {
  return isSignatureValid(link, secret) && nowMs < link.expiresAtMs;
}

/** Whether the bot signed the link with this secret. The link may have expired. */
export function isSignatureValid({ expiresAtMs, signature }: SignedLink, secret: LinkSecret): boolean {
  const expected = toLink(secret, expiresAtMs).slice(-signature.length);
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

/** Signs a text. Only who has the secret can make and verify the signature. */
export function signText(text: string, { linkKey }: LinkSecret): string {
  // No link begins with this prefix, so the signature of a text cannot serve as a link.
  return sign(`text ${text}`, linkKey);
}

export function isTextSigned(text: string, signature: string, secret: LinkSecret): boolean {
  const [given, expected] = [Buffer.from(signature), Buffer.from(signText(text, secret))];
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
}

function sign(text: string, linkKey: string): string {
  return createHmac('sha256', linkKey).update(text).digest().subarray(0, SIGNATURE_BYTES).toString('base64url');
}
