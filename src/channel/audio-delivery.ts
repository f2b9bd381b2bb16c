import type { StoredAudio } from '../audio/audio-store.ts';
import { toLink } from '../audio/signed-links.ts';
import { isLoopbackHost } from '../config/env.ts';
import type { ReplyAudio } from '../conversation/reply.ts';
import type { Capabilities } from './capabilities.ts';

export const WAV_TYPE = 'audio/wav';

/** How a user's client gets the audio of a reply. */
export interface AudioSource {
  readonly wavUrl: string;
  /** The page that plays it; `undefined` where the user's client cannot reach the bot. */
  readonly pageUrl: string | undefined;
}

/** What an activity holds besides the audio and its text. */
const ACTIVITY_OVERHEAD_CHARS = 4_096;
/** What an upload holds besides the audio. */
const UPLOAD_OVERHEAD_BYTES = 1_024;

/**
 * The bot's own address where the client can reach it; else inside the activity where it fits; else uploaded. `undefined`:
 * none of these. `upload` resolves with the address of the audio at the channel's service.
 */
export async function audioSource(
  audio: ReplyAudio,
  textLength: number,
  pageUrl: string | undefined,
  { inlineLimitChars, uploadLimitBytes }: Capabilities,
  upload: () => Promise<string | undefined>,
): Promise<AudioSource | undefined> {
  if (pageUrl !== undefined) return { wavUrl: `${pageUrl}.wav`, pageUrl };
  const base64Chars = Math.ceil(audio.wav.byteLength / 3) * 4;
  if (base64Chars + textLength + ACTIVITY_OVERHEAD_CHARS <= inlineLimitChars) {
    return { wavUrl: `data:${WAV_TYPE};base64,${audio.wav.toString('base64')}`, pageUrl };
  }
  const wavUrl = base64Chars + UPLOAD_OVERHEAD_BYTES <= uploadLimitBytes ? await upload() : undefined;
  return wavUrl === undefined ? undefined : { wavUrl, pageUrl };
}

/** The page that plays a reply until `expiresAtMs`; `undefined` where the user's client cannot reach it. */
export function playerUrl(
  audio: StoredAudio,
  expiresAtMs: number,
  publicBaseUrl: string | undefined,
  serviceUrl: string,
): string | undefined {
  return canReach(publicBaseUrl, serviceUrl) ? `${publicBaseUrl}/audio/${toLink(audio, expiresAtMs)}` : undefined;
}

/** Whether the user's client gets to the bot's own address: over https, or on the same machine as the channel. */
export function canReach(publicBaseUrl: string | undefined, serviceUrl: string): publicBaseUrl is string {
  if (publicBaseUrl === undefined) return false;
  const { protocol, hostname } = new URL(publicBaseUrl);
  return protocol === 'https:' || (isLoopbackHost(hostname) && isLoopbackUrl(serviceUrl));
}

/** Whether an address is on this machine; false for a malformed one. */
export function isLoopbackUrl(url: string): boolean {
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}
