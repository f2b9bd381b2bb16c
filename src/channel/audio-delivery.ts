import { toLink } from '../audio/signed-links.ts';
import { isLoopbackHost } from '../config/env.ts';
import type { ReplyAudio } from '../conversation/reply.ts';
import type { Capabilities } from './capabilities.ts';

/** Where a client gets the audio from. */
export type AudioDeliveryPlan =
  /** On the page that plays it; the sound itself is at the same address with `.wav`. */
  | { readonly kind: 'hosted'; readonly pageUrl: string }
  | { readonly kind: 'inline' }
  | { readonly kind: 'upload' }
  | { readonly kind: 'none' };

/** What an activity holds besides the audio and its text. */
const ACTIVITY_OVERHEAD_CHARS = 4_096;
/** What an upload holds besides the audio. */
const UPLOAD_OVERHEAD_BYTES = 1_024;

/** What decides where the audio goes. */
export interface PlaceInput {
  readonly audio: ReplyAudio;
  readonly textLength: number;
  readonly capabilities: Capabilities;
  /** The bot's own address for users, if it has one. */
  readonly publicBaseUrl: string | undefined;
  /** The channel's address: a loopback one means that the user's client is on this machine, too. */
  readonly serviceUrl: string | undefined;
}

/** A hosted address where the user can reach one; else inside the activity where it fits; else uploaded; else nowhere. */
export function planAudioDelivery({
  audio,
  textLength,
  capabilities,
  publicBaseUrl,
  serviceUrl,
}: PlaceInput): AudioDeliveryPlan {
  if (audio.stored !== undefined && publicBaseUrl !== undefined && canReach(publicBaseUrl, serviceUrl)) {
    return { kind: 'hosted', pageUrl: pageUrl(publicBaseUrl, toLink(audio.stored, audio.stored.expiresAtMs)) };
  }
  const base64Chars = Math.ceil(audio.wav.byteLength / 3) * 4;
  if (base64Chars + textLength + ACTIVITY_OVERHEAD_CHARS <= capabilities.inlineLimitChars) return { kind: 'inline' };
  if (base64Chars + UPLOAD_OVERHEAD_BYTES <= capabilities.uploadLimitBytes) return { kind: 'upload' };
  return { kind: 'none' };
}

/** Where the page of a link is. */
export function pageUrl(publicBaseUrl: string, link: string): string {
  return `${publicBaseUrl}/audio/${link}`;
}

/** Whether the user's client gets to the bot's own address: over https, or on the same machine. */
export function canReach(publicBaseUrl: string, serviceUrl: string | undefined): boolean {
  const base = new URL(publicBaseUrl);
  if (base.protocol === 'https:') return true;
  return isLoopbackHost(base.hostname) && isLoopbackUrl(serviceUrl);
}

/** Whether an address is on this machine; what is no address is not. */
export function isLoopbackUrl(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}
