import type { AudioStore, StoredAudio } from '../audio/audio-store.ts';
import { isGenuine, readLink } from '../audio/signed-links.ts';
import type { Clock } from '../clock.ts';

export interface AudioLinks {
  readonly audioStore: Pick<AudioStore, 'find'>;
  readonly clock: Clock;
}

/** Finds the audio of a link and the time left until the link expires. `undefined` for a forged or expired link. */
export async function findLinked(
  link: string,
  { audioStore, clock }: AudioLinks,
): Promise<{ audio: StoredAudio; leftMs: number } | undefined> {
  const read = readLink(link);
  if (read === undefined) return undefined;
  const audio = await audioStore.find(read.audioId);
  const nowMs = clock.now();
  if (audio === undefined || !isGenuine(read, audio, nowMs)) return undefined;
  return { audio, leftMs: Math.min(read.expiresAtMs, audio.expiresAtMs) - nowMs };
}
