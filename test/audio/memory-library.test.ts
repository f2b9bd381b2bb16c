import { createMemoryLibrary } from '../../src/audio/library.ts';
import { randomIds } from '../../src/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { itKeepsAudio, RETENTION_MS } from './library-contract.ts';

itKeepsAudio('memory', async () => {
  const clock = new ManualClock();
  const library = createMemoryLibrary({ clock, ids: randomIds, maxBytes: 1_000_000, retentionMs: RETENTION_MS });
  return { clock, library };
});
