import assert from 'node:assert/strict';
import { chmod, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { listFolder } from '../../src/tools/documents/folder.ts';
import { FolderIndex } from '../../src/tools/documents/folder-index.ts';
import { folderOf, NO_MODES, withoutRoot } from './documents-under-test.ts';

const indexOf = (folder: string) => new FolderIndex({ folder });

describe('the index of a folder', () => {
  it('finds words in any case, form and accent, with the heading above them', async (t) => {
    const folder = await folderOf(t, { 'hr/leave.md': '# Kündigungsfrist\nDrei Monate zum Quartalsende.' });
    const index = indexOf(folder);
    await index.update();
    for (const query of ['kundigungsfrist', 'KÜNDIGUNGSFRISTEN', 'quartal', 'Monat']) {
      const [hit] = index.find(query);
      assert.deepEqual(hit && [hit.path, hit.heading], ['hr/leave.md', 'Kündigungsfrist'], query);
    }
    assert.deepEqual(index.find('nothing of the kind xyz'), []);
  });

  it('finds words in a language without spaces', async (t) => {
    const index = indexOf(await folderOf(t, { 'a.txt': '我们的办公室在柏林。' }));
    await index.update();
    assert.equal(index.find('柏林').length, 1);
  });

  it('ignores the common words of a question', async (t) => {
    const rules = Array.from({ length: 300 }, (_, at) => `# ${at}\nThe rule ${at} with the house.`).join('\n\n');
    const parking = `Parking is free. ${'Cars stand in rows behind gates. '.repeat(10)}`;
    const files = { 'rules.md': rules, 'wish.md': '# Wish\nWish a wish.', 'z.md': parking };
    const index = indexOf(await folderOf(t, files));
    await index.update();
    assert.equal(index.find('with parking')[0]?.path, 'z.md');
    assert.equal(index.find('with')[0]?.path, 'rules.md');
  });

  it('finds a word after an apostrophe', async (t) => {
    const index = indexOf(await folderOf(t, { 'a.txt': 'Le prix de l’eau.' }));
    await index.update();
    assert.equal(index.find('eau').length, 1);
  });

  it('follows new, changed and deleted files', async (t) => {
    const folder = await folderOf(t, { 'a.md': 'alpha', 'b.md': 'beta' });
    const index = indexOf(folder);
    assert.equal((await index.update()).isChanged, true);
    assert.equal((await index.update()).isChanged, false);
    await writeFile(join(folder, 'a.md'), 'gamma gamma');
    await writeFile(join(folder, 'c.md'), 'delta');
    await rm(join(folder, 'b.md'));
    const { documents, isChanged } = await index.update();
    assert.deepEqual([documents, isChanged], [2, true]);
    const found = (query: string) => index.find(query).map(({ path }) => path);
    assert.deepEqual([found('alpha'), found('beta'), found('gamma'), found('delta')], [[], [], ['a.md'], ['c.md']]);
  });

  it('reads an unreadable file again with each update, and reports it once', { skip: NO_MODES }, async (t) => {
    withoutRoot(t);
    const folder = await folderOf(t, { 'a.md': 'alpha', 'b.md': 'beta' });
    await chmod(join(folder, 'b.md'), 0);
    const index = indexOf(folder);
    for (const isFirst of [true, false]) {
      const { isChanged, leftOut } = await index.update();
      assert.deepEqual([isChanged, leftOut], [isFirst, [{ path: 'b.md', reason: 'it cannot be read' }]]);
    }
    await chmod(join(folder, 'b.md'), 0o600);
    const { isChanged, documents, leftOut } = await index.update();
    assert.deepEqual([isChanged, documents, leftOut], [true, 2, []]);
  });

  it('leaves out a subfolder that cannot be read, until it can', { skip: NO_MODES }, async (t) => {
    withoutRoot(t);
    const folder = await folderOf(t, { 'a.md': 'alpha', 'b/b.md': 'beta', 'c/c.md': 'gamma', '.d/d.md': 'delta' });
    // A folder without the right to list it, one whose files cannot be reached, and a hidden one.
    const closed = [join(folder, 'b'), join(folder, 'c'), join(folder, '.d')] as const;
    await Promise.all([chmod(closed[0], 0), chmod(closed[1], 0o400), chmod(closed[2], 0)]);
    const index = indexOf(folder);
    const reason = 'it cannot be read';
    for (const isFirst of [true, false]) {
      const { isChanged, documents, leftOut } = await index.update();
      const expected = [
        { path: 'b', reason },
        { path: 'c/c.md', reason },
      ];
      assert.deepEqual([isChanged, documents, leftOut], [isFirst, 1, expected]);
    }
    await Promise.all(closed.map((path) => chmod(path, 0o700)));
    const { isChanged, documents, leftOut } = await index.update();
    assert.deepEqual([isChanged, documents, leftOut], [true, 3, []]);
  });

  it('forgets an unreadable file that is deleted', { skip: NO_MODES }, async (t) => {
    withoutRoot(t);
    const folder = await folderOf(t, { 'a.md': 'alpha', 'b.md': 'beta' });
    await chmod(join(folder, 'b.md'), 0);
    const index = indexOf(folder);
    await index.update();
    await rm(join(folder, 'b.md'));
    assert.deepEqual((await index.update()).leftOut, []);
  });

  it('reads its files in the order of their paths', async (t) => {
    const folder = await folderOf(t, { 'c.md': 'c', 'a/z.md': 'z', 'b.md': 'b' });
    const { files } = await listFolder(folder);
    assert.deepEqual(
      files.map(({ path }) => path),
      ['a/z.md', 'b.md', 'c.md'],
    );
  });

  it('leaves out files above its memory limit until there is room', async (t) => {
    const unique = (name: string) => Array.from({ length: 3_000 }, (_, at) => `${name}${at}`).join(' ');
    const folder = await folderOf(t, { 'a.md': unique('a'), 'b.md': unique('b') });
    const index = new FolderIndex({ folder, maxBytes: 4_000_000 });
    for (let times = 0; times < 2; times++) {
      const { documents, leftOut } = await index.update();
      assert.deepEqual([documents, leftOut.map(({ reason }) => reason)], [1, ['the index is full']]);
    }
    const [found] = index.find('a1 b1');
    await rm(join(folder, found?.path ?? ''));
    const { documents, leftOut } = await index.update();
    assert.deepEqual([documents, leftOut], [1, []]);
  });

  it('reads no hidden files and none outside of the folder, and reports unreadable ones', async (t) => {
    const other = await folderOf(t, { 'secret.md': 'secret' });
    const folder = await folderOf(t, { '.git/x.md': 'secret', 'a.md': 'a text', 'b.pdf': 'x', 'c.exe': 'secret' });
    await symlink(join(other, 'secret.md'), join(folder, 'link.md'));
    await symlink(other, join(folder, 'linked'));
    const index = indexOf(folder);
    const { documents, leftOut } = await index.update();
    assert.equal(documents, 1);
    assert.deepEqual(leftOut, [{ path: 'b.pdf', reason: 'it is not a readable PDF' }]);
    assert.deepEqual(index.find('secret'), []);
  });
});
