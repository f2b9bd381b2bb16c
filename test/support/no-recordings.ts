import type { Recordings } from '../../src/conversation/recordings/recordings.ts';

/** A store without recording links. */
export const noRecordings: Pick<Recordings, keyof Recordings> = {
  guestOf: async () => undefined,
  speakerOf: async () => undefined,
  accept: async () => 'gone',
};
