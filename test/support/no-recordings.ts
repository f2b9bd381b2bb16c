import type { Recordings } from '../../src/conversation/recordings/recordings.ts';

/** A store without recording links. */
export const noRecordings: Recordings = {
  guestOf: async () => undefined,
  speakerOf: async () => undefined,
  take: async () => 'gone',
};
