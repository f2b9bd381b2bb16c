import type { AudioStore, StoredAudio } from '../../src/audio/audio-store.ts';

/** The metadata of stored audio. */
export function storedAudio(fields: Partial<StoredAudio> = {}): StoredAudio {
  return {
    id: 'abcdefghijklmnopqrstuv',
    linkKey: 'ABCDEFGHIJKLMNOPQRSTUV',
    byteLength: 14,
    durationMs: 4_200,
    text: 'Hi **there**',
    conversation: 'msteams/conversation-1',
    locale: undefined,
    savedAtMs: 1_700_000_000_000,
    expiresAtMs: 1_700_086_400_000,
    ...fields,
  };
}

/** An audio store that stores nothing, except for the calls that a test overrides. */
export function emptyAudioStore(calls: Partial<AudioStore> = {}): AudioStore {
  return {
    save: async () => undefined,
    find: async () => undefined,
    read: async () => undefined,
    remove: async () => {},
    forget: async () => {},
    ...calls,
  };
}
