import type { AudioStore, StoredAudio } from '../audio/audio-store.ts';
import { isGenuine, readLink } from '../audio/signed-links.ts';
import type { Clock } from '../clock.ts';

/** Audio that a link leads to, and for how much longer. */
export interface LinkedSound {
  readonly audio: StoredAudio;
  readonly leftMs: number;
}

/** What links are looked up with. */
export interface LinkOptions {
  readonly sounds: Pick<AudioStore, 'find'>;
  readonly clock: Clock;
}

/** The audio behind a link; `undefined` for one that nobody was given, or that has ended. */
export async function findLinked(link: string, { sounds, clock }: LinkOptions): Promise<LinkedSound | undefined> {
  const read = readLink(link);
  if (read === undefined) return undefined;
  const audio = await sounds.find(read.audioId);
  const nowMs = clock.now();
  if (audio === undefined || !isGenuine(read, audio, nowMs)) return undefined;
  return { audio, leftMs: Math.min(read.expiresAtMs, audio.expiresAtMs) - nowMs };
}
