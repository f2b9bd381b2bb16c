import type { StoredAudio } from '../../src/audio/library.ts';

/** A sound as the library keeps it. */
export function storedAudio(fields: Partial<StoredAudio> = {}): StoredAudio {
  return {
    id: 'abcdefghijklmnopqrstuv',
    linkKey: 'ABCDEFGHIJKLMNOPQRSTUV',
    wav: Buffer.from('RIFF and so on'),
    durationMs: 4_200,
    text: 'Hi **there**',
    conversation: 'msteams/conversation-1',
    locale: undefined,
    savedAtMs: 1_700_000_000_000,
    expiresAtMs: 1_700_086_400_000,
    ...fields,
  };
}
