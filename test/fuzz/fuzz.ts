import { newSeed, wholeNumbers } from '../support/kit/options.ts';
import { createProgress, print } from '../support/kit/report.ts';
import { readOptions } from '../support/options.ts';
import { fuzzActivities } from './fuzz-activities.ts';
import { fuzzClips } from './fuzz-clips.ts';
import { fuzzFrames } from './fuzz-frames.ts';
import { fuzzPictures } from './fuzz-pictures.ts';
import { fuzzSlowClients } from './fuzz-slow-clients.ts';

/** `npm run test:fuzz`: thousands of random activities and frames, of damaged audio and pictures, and slow clients. */

const values = readOptions({
  seed: { type: 'string', default: newSeed() },
  activities: { type: 'string', default: '20000' },
  frames: { type: 'string', default: '20000' },
  clips: { type: 'string', default: '20000' },
  pictures: { type: 'string', default: '4000' },
});

const { seed, activities, frames, clips, pictures } = wholeNumbers(values, 0);

const parts = [
  { name: `activities (${activities})`, run: () => fuzzActivities(activities, seed) },
  { name: `frames (${frames})`, run: () => fuzzFrames(frames, seed) },
  { name: `clips (${clips})`, run: () => fuzzClips(clips, seed) },
  { name: `pictures (${pictures})`, run: () => fuzzPictures(pictures, seed) },
  { name: 'enemies', run: fuzzSlowClients },
];
const tell = createProgress();
const counts = `--activities ${activities} --frames ${frames} --clips ${clips} --pictures ${pictures}`;
print(`again: npm run test:fuzz -- --seed ${seed} ${counts}`);
try {
  for (const { name, run } of parts) {
    tell(name);
    await run();
  }
  tell('all held');
} catch (error) {
  print(error instanceof Error ? (error.stack ?? error.message) : String(error));
  tell(`FAILED; seed ${seed}`);
  process.exitCode = 1;
}
