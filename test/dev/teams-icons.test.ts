import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Jimp } from 'jimp';
import { iconProblems } from '../../dev/teams-app/teams-icons.ts';
import { pngSquare } from './png-file.ts';

const WHITE = 0xffffffff;
const TRANSPARENT = 0;

const icon = (name: string) => readFileSync(new URL(`../../deploymentTemplates/teams/${name}.png`, import.meta.url));

describe('the icons of the app', () => {
  it('are valid', async () => {
    assert.deepEqual(await iconProblems(icon('color'), 'color'), []);
    assert.deepEqual(await iconProblems(icon('outline'), 'outline'), []);
  });

  it('are an opaque square in colour, and an outline that covers less than half of its background', async () => {
    const { data: color } = (await Jimp.fromBuffer(icon('color'))).bitmap;
    for (const corner of [0, 191, 191 * 192, 191 * 193]) assert.equal(color[corner * 4 + 3], 255);
    const { data: outline } = (await Jimp.fromBuffer(icon('outline'))).bitmap;
    const covered = outline.filter((byte, at) => at % 4 === 3 && byte > 0).length / 1024;
    assert.ok(covered > 0.2 && covered < 0.5, `${covered} of it is covered`);
  });

  for (const [name, kind, file, problem] of [
    ['the size of another icon', 'color', icon('outline'), 'has 32 x 32 pixels; expected 192 x 192'],
    ['a colour picture as outline', 'outline', icon('color'), 'has 192 x 192 pixels; expected 32 x 32'],
    ['no picture', 'color', Buffer.from('<svg/>'), 'is not a PNG'],
    ['a broken file', 'outline', icon('outline').subarray(0, -40), 'is a broken PNG'],
    [
      'one pixel that is not quite white',
      'outline',
      pngSquare(32, (x, y) => (x === 3 && y === 3 ? 0xfffffeff : y < 16 ? WHITE : TRANSPARENT)),
      'has other colours than white',
    ],
    ['all white', 'outline', pngSquare(32, () => WHITE), 'is not white on a transparent background'],
    ['all transparent', 'outline', pngSquare(32, () => TRANSPARENT), 'is not white on a transparent background'],
  ] as const) {
    it(`are rejected: ${name}`, async () => {
      assert.deepEqual(await iconProblems(await file, kind), [problem]);
    });
  }

  it('may have a colour in transparent pixels', async () => {
    const file = await pngSquare(32, (x) => (x < 16 ? WHITE : 0xff000000));
    assert.deepEqual(await iconProblems(file, 'outline'), []);
  });
});
