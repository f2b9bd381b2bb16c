import type { Activity } from 'botbuilder';
import type { AudioStore, StoredAudio } from '../audio/audio-store.ts';
import { toLink } from '../audio/signed-links.ts';
import { isLoopbackHost } from '../config/env.ts';
import { isSameOrSiblingThread } from '../conversation/keys.ts';
import type { ReplyContext } from './reply-context.ts';
import { conversationKey } from './user-message.ts';

export const WAV_TYPE = 'audio/wav';

/** What an activity holds besides the audio and its text. */
const ACTIVITY_OVERHEAD_CHARS = 4_096;
/** What an upload holds besides the audio. */
const UPLOAD_OVERHEAD_BYTES = 1_024;

/**
 * The address of the audio of a reply: the bot's own where the client can reach it; else a data URI where the activity
 * has room for it beside its text; else that of an upload. `undefined`: none of these.
 */
export async function audioUrl(
  wav: Buffer,
  textLength: number,
  pageUrl: string | undefined,
  { capabilities: { maxInlineChars, maxUploadBytes }, upload }: Pick<ReplyContext, 'capabilities' | 'upload'>,
): Promise<string | undefined> {
  if (pageUrl !== undefined) return `${pageUrl}.wav`;
  const base64Chars = Math.ceil(wav.byteLength / 3) * 4;
  if (base64Chars + textLength + ACTIVITY_OVERHEAD_CHARS <= maxInlineChars)
    return `data:${WAV_TYPE};base64,${wav.toString('base64')}`;
  return base64Chars + UPLOAD_OVERHEAD_BYTES <= maxUploadBytes ? upload(wav) : undefined;
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
  return isLoopbackHost(URL.parse(url)?.hostname ?? '');
}

/** Finds a reply's audio by its id, which may be anything. Only people of the audio's own conversation find it. */
export async function findAudio(
  activity: Activity,
  id: unknown,
  audioStore: AudioStore,
): Promise<StoredAudio | undefined> {
  const audio = typeof id === 'string' && id !== '' ? await audioStore.find(id) : undefined;
  return audio && isSameOrSiblingThread(audio.conversation, conversationKey(activity)) ? audio : undefined;
}
