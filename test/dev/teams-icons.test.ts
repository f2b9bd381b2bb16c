import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readPng } from '../../dev/teams-app/png.ts';
import { iconProblems } from '../../dev/teams-app/teams-icons.ts';
import { pngFile, pngSquare } from './png-file.ts';

const WHITE = 0xffffffff;
const NOTHING = 0;

const icon = (name: string) => readFileSync(new URL(`../../deploymentTemplates/teams/${name}.png`, import.meta.url));

describe('the icons of the app', () => {
  it('are what Teams wants', () => {
    assert.deepEqual(iconProblems(icon('color'), 'color'), []);
    assert.deepEqual(iconProblems(icon('outline'), 'outline'), []);
  });

  it('are a full square in colour, and an outline that leaves most of its ground free', () => {
    const { channels, pixels } = readPng(icon('color'));
    const corners = [0, 191, 191 * 192, 191 * 193].map((at) => pixels.subarray(at * channels, at * channels + 4));
    if (channels === 4) for (const corner of corners) assert.equal(corner[3], 255);
    const outline = readPng(icon('outline')).pixels;
    const covered = outline.filter((byte, at) => at % 4 === 3 && byte > 0).length / 1024;
    assert.ok(covered > 0.2 && covered < 0.5, `${covered} of it is covered`);
  });

  for (const [name, kind, file, problems] of [
    ['a size of another icon', 'color', icon('outline'), ['has 32 x 32 pixels; expected 192 x 192']],
    [
      'a picture in colour',
      'outline',
      icon('color'),
      ['has 192 x 192 pixels; expected 32 x 32', 'has no transparent ground'],
    ],
    ['no picture', 'color', Buffer.from('<svg/>'), ['is no PNG']],
    [
      'one pixel that is not quite white',
      'outline',
      pngSquare(32, (x, y) => (x === 3 && y === 3 ? 0xfffffeff : y < 16 ? WHITE : NOTHING)),
      ['has other colours than white'],
    ],
    ['all white', 'outline', pngSquare(32, () => WHITE), ['is not white on a transparent ground']],
    ['nothing at all', 'outline', pngSquare(32, () => NOTHING), ['is not white on a transparent ground']],
    ['no ground', 'outline', pngFile(32, 32, Buffer.alloc(32 * 97), { colourType: 2 }), ['has no transparent ground']],
  ] as const) {
    it(`would not be taken with ${name}`, () => assert.deepEqual(iconProblems(file, kind), problems));
  }

  it('may have a colour where nothing is to be seen', () => {
    assert.deepEqual(
      iconProblems(
        pngSquare(32, (x) => (x < 16 ? WHITE : 0xff000000)),
        'outline',
      ),
      [],
    );
  });
});
