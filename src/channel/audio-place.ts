import type { ReplyAudio } from '../conversation/turn.ts';
import { isLoopbackHost } from '../env.ts';
import type { Capabilities } from './capabilities.ts';

/** Where a client gets the audio from. */
export type AudioPlace =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'inline' }
  | { readonly kind: 'upload' }
  | { readonly kind: 'none' };

/** Direct Line takes uploads of up to 4 MB. */
const UPLOAD_LIMIT_BYTES = 4 * 1024 * 1024;
/** What an activity holds besides the audio and its text. */
const ACTIVITY_OVERHEAD_CHARS = 4_096;

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
export function placeAudio({ audio, textLength, capabilities, publicBaseUrl, serviceUrl }: PlaceInput): AudioPlace {
  if (audio.id !== undefined && publicBaseUrl !== undefined && canReach(publicBaseUrl, serviceUrl)) {
    return { kind: 'url', url: `${publicBaseUrl}/audio/${audio.id}.wav` };
  }
  const inlineChars = Math.ceil(audio.wav.byteLength / 3) * 4 + textLength + ACTIVITY_OVERHEAD_CHARS;
  if (inlineChars <= capabilities.inlineLimitChars) return { kind: 'inline' };
  if (capabilities.takesUploads && audio.wav.byteLength <= UPLOAD_LIMIT_BYTES) return { kind: 'upload' };
  return { kind: 'none' };
}

function canReach(publicBaseUrl: string, serviceUrl: string | undefined): boolean {
  const base = new URL(publicBaseUrl);
  if (base.protocol === 'https:') return true;
  return isLoopbackHost(base.hostname) && isLoopbackUrl(serviceUrl);
}

/** Whether an address is on this machine; what is no address is not. */
export function isLoopbackUrl(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}
