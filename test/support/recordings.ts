import type { Recordings } from '../../src/conversation/recordings/recordings.ts';

/** For servers of which nobody asks for the page on which to speak: nobody is invited. */
export const noRecordings: Pick<Recordings, keyof Recordings> = {
  guestOf: async () => undefined,
  speakerOf: async () => undefined,
  accept: async () => 'gone',
};
