import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { writeWhole } from '../../dev/packaging/whole-file.ts';

describe('writeWhole', () => {
  const folder = mkdtempSync(join(tmpdir(), 'whole-file-'));
  after(() => rmSync(folder, { recursive: true }));

  it('makes the folder, and takes the place of what was there', () => {
    const path = join(folder, 'new/deep/file');
    for (const text of ['first, and longer', 'second']) {
      writeWhole(path, Buffer.from(text));
      assert.equal(readFileSync(path, 'utf8'), text);
    }
    assert.deepEqual(readdirSync(join(folder, 'new/deep')), ['file']);
  });

  it('leaves nothing behind where it fails', () => {
    // A folder with something in it cannot be replaced by a file.
    mkdirSync(join(folder, 'taken/place'), { recursive: true });
    writeFileSync(join(folder, 'taken/place/kept'), '');
    assert.throws(() => writeWhole(join(folder, 'taken/place'), Buffer.from('text')));
    assert.deepEqual(readdirSync(join(folder, 'taken')), ['place']);
    assert.deepEqual(readdirSync(join(folder, 'taken/place')), ['kept']);
  });
});
