import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { writeFileAtomic } from '../../dev/packaging/write-file-atomic.ts';

describe('writeFileAtomic', () => {
  const folder = mkdtempSync(join(tmpdir(), 'write-file-atomic-'));
  after(() => rmSync(folder, { recursive: true }));

  it('creates the folder, and replaces an existing file', () => {
    const path = join(folder, 'new/deep/file');
    for (const text of ['first, and longer', 'second']) {
      writeFileAtomic(path, Buffer.from(text));
      assert.equal(readFileSync(path, 'utf8'), text);
    }
    assert.deepEqual(readdirSync(join(folder, 'new/deep')), ['file']);
  });

  it('leaves no file behind if it fails', () => {
    // A folder with something in it cannot be replaced by a file.
    mkdirSync(join(folder, 'taken/place'), { recursive: true });
    writeFileSync(join(folder, 'taken/place/kept'), '');
    assert.throws(() => writeFileAtomic(join(folder, 'taken/place'), Buffer.from('text')));
    assert.deepEqual(readdirSync(join(folder, 'taken')), ['place']);
    assert.deepEqual(readdirSync(join(folder, 'taken/place')), ['kept']);
  });
});
