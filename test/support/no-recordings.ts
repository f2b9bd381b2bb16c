import type { Recordings } from '../../src/conversation/recordings/recordings.ts';

/** A store without recording links. */
export const noRecordings: Pick<Recordings, keyof Recordings> = {
  findOpenLink: async () => undefined,
  findUsableLink: async () => undefined,
  accept: async () => 'gone',
};
