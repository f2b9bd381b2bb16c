import { readOptions } from '../support/options.ts';
import { fuzzActivities } from './fuzz-activities.ts';
import { fuzzClips } from './fuzz-clips.ts';
import { fuzzFrames } from './fuzz-frames.ts';
import { fuzzPatience } from './fuzz-patience.ts';
import { fuzzPictures } from './fuzz-pictures.ts';
import { print } from './report.ts';

/**
 * `npm run test:fuzz`: thousands of random activities and frames, of damaged sounds and pictures, and the enemies that
 * take their time.
 */

const values = readOptions({
  seed: { type: 'string' },
  activities: { type: 'string', default: '20000' },
  frames: { type: 'string', default: '20000' },
  clips: { type: 'string', default: '20000' },
  pictures: { type: 'string', default: '20000' },
});

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} is "${text}"; expected a whole number`);
  return Number(text);
}

const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000_000) : whole('seed', values.seed);
const activities = whole('activities', values.activities);
const frames = whole('frames', values.frames);
const clips = whole('clips', values.clips);
const pictures = whole('pictures', values.pictures);

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
