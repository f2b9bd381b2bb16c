import type { Recordings } from '../../src/conversation/recordings/recordings.ts';

/** A store without recording links. */
export const noRecordings: Pick<Recordings, keyof Recordings> = {
  findLink: async () => undefined,
  accept: async () => 'gone',
};
