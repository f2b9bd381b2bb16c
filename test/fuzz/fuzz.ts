import { newSeed, wholeNumbers } from '../support/kit/options.ts';
import { print } from '../support/kit/report.ts';
import { readOptions } from '../support/options.ts';
import { fuzzActivities } from './fuzz-activities.ts';
import { fuzzClips } from './fuzz-clips.ts';
import { fuzzFrames } from './fuzz-frames.ts';
import { fuzzPatience } from './fuzz-patience.ts';
import { fuzzPictures } from './fuzz-pictures.ts';

/**
 * `npm run test:fuzz`: thousands of random activities and frames, of damaged sounds and pictures, and the enemies that
 * take their time.
 */

const values = readOptions({
  seed: { type: 'string', default: newSeed() },
  activities: { type: 'string', default: '20000' },
  frames: { type: 'string', default: '20000' },
  clips: { type: 'string', default: '20000' },
  pictures: { type: 'string', default: '20000' },
});

const { seed, activities, frames, clips, pictures } = wholeNumbers(values, 0);

const startedMs = Date.now();
const seconds = () => `${((Date.now() - startedMs) / 1000).toFixed(0)} s`;

print(`seed ${seed}`);
const counts = `--activities ${activities} --frames ${frames} --clips ${clips} --pictures ${pictures}`;
print(`again: npm run test:fuzz -- --seed ${seed} ${counts}`);
try {
  print(`activities (${activities})`);
  await fuzzActivities(activities, seed);
  print(`frames (${frames}), after ${seconds()}`);
  await fuzzFrames(frames, seed);
  print(`clips (${clips}), after ${seconds()}`);
  await fuzzClips(clips, seed);
  print(`pictures (${pictures}), after ${seconds()}`);
  await fuzzPictures(pictures, seed);
  print(`enemies, after ${seconds()}`);
  await fuzzPatience();
  print(`all held, after ${seconds()}`);
} catch (error) {
  print(error instanceof Error ? (error.stack ?? error.message) : String(error));
  print(`FAILED after ${seconds()}; seed ${seed}`);
  process.exitCode = 1;
}
