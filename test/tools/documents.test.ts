import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import pino from 'pino';
import { type Clock, systemClock } from '../../src/clock.ts';
import { Documents } from '../../src/tools/documents/documents.ts';
import { listFolder } from '../../src/tools/documents/folder.ts';
import { FolderIndex, MAX_INDEX_BYTES } from '../../src/tools/documents/folder-index.ts';
import { searchDocuments } from '../../src/tools/documents/search-documents.ts';
import { EVERYBODY } from '../../src/tools/tool.ts';
import { watchedLog } from '../channel/watched-log.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { endlessPdf, pdf } from './documents-under-test.ts';
import { context, silent } from './mcp-under-test.ts';

async function folderOf(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'documents-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

const NO_MODES = process.platform === 'win32' && 'files have no modes';
/** The mode of a file does not bind root. */
function withoutRoot(t: TestContext): void {
  if (process.geteuid?.() !== 0) return;
  process.seteuid?.(65_534);
  t.after(() => process.seteuid?.(0));
}

const indexOf = (folder: string, maxBytes = MAX_INDEX_BYTES) =>
  new FolderIndex({ folder, maxBytes, skipped: new Map() });

describe('the index of a folder', () => {
  it('finds words in any case, form and accent, with the heading above them', async (t) => {
    const folder = await folderOf(t, { 'hr/leave.md': '# Kündigungsfrist\nDrei Monate zum Quartalsende.' });
    const index = indexOf(folder);
    await index.update();
    for (const query of ['kundigungsfrist', 'KÜNDIGUNGSFRISTEN', 'quartal', 'Monat']) {
      const [hit] = index.find(query, 8);
      assert.deepEqual(hit && [hit.path, hit.heading], ['hr/leave.md', 'Kündigungsfrist'], query);
    }
    assert.deepEqual(index.find('nothing of the kind xyz', 8), []);
  });

  it('finds words in a language without spaces', async (t) => {
    const index = indexOf(await folderOf(t, { 'a.txt': '我们的办公室在柏林。' }));
    await index.update();
    assert.equal(index.find('柏林', 8).length, 1);
  });

  it('ignores the common words of a question', async (t) => {
    const rules = Array.from({ length: 300 }, (_, at) => `# ${at}\nThe rule ${at} with the house.`).join('\n\n');
    const parking = `Parking is free. ${'Cars stand in rows behind gates. '.repeat(10)}`;
    const files = { 'rules.md': rules, 'wish.md': '# Wish\nWish a wish.', 'z.md': parking };
    const index = indexOf(await folderOf(t, files));
    await index.update();
    assert.equal(index.find('with parking', 8)[0]?.path, 'z.md');
    assert.equal(index.find('with', 8)[0]?.path, 'rules.md');
  });

  it('finds a word after an apostrophe', async (t) => {
    const index = indexOf(await folderOf(t, { 'a.txt': 'Le prix de l’eau.' }));
    await index.update();
    assert.equal(index.find('eau', 8).length, 1);
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
    const found = (query: string) => index.find(query, 8).map(({ path }) => path);
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
    const index = indexOf(folder, 4_000_000);
    for (let times = 0; times < 2; times++) {
      const { documents, leftOut } = await index.update();
      assert.deepEqual([documents, leftOut.map(({ reason }) => reason)], [1, ['the index is full']]);
    }
    const [found] = index.find('a1 b1', 8);
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
    assert.deepEqual(index.find('secret', 8), []);
  });
});

describe('the searchable folder', () => {
  async function ready(t: TestContext, folder: string, clock: Clock = systemClock, log = silent): Promise<Documents> {
    const settings = { folder, pollMs: 20, users: [], scopes: [] };
    const documents = new Documents({ settings, clock, log });
    t.after(() => documents.close());
    documents.start();
    return documents;
  }

  it('is searched by the model with its sources', async (t) => {
    const folder = await folderOf(t, { 'book.pdf': pdf(['Travel is paid.', 'Meals are paid up to 30 euros.']) });
    const tool = searchDocuments(await ready(t, folder), EVERYBODY);
    const output = await tool.run({ query: 'meals euros' }, context());
    assert.match(output.text, /^\[1\] book, page 2\nMeals are paid/);
    assert.deepEqual(output.sources, [{ title: 'book', page: 2 }]);
    await assert.rejects(tool.run({}, context()), { code: 'arguments_invalid' });
  });

  it('names each found page, and files with the same title by their paths', async (t) => {
    const pages = { 'book.pdf': pdf(['Meals in Rome.', 'Travel.', 'Meals in Bonn.']) };
    const folder = await folderOf(t, { ...pages, 'a/x.md': '# Lunch\nMeals.', 'b/x.md': '# Lunch\nMeals, too.' });
    const documents = await ready(t, folder);
    const { sources } = await searchDocuments(documents, EVERYBODY).run({ query: 'meals' }, context());
    const names = sources.map(({ title, page }) => [title, page].join(' ').trim());
    assert.deepEqual(names.sort(), ['Lunch (a/x.md)', 'Lunch (b/x.md)', 'book 1', 'book 3']);
    // What one search finds does not tell whether another file has the title.
    await rm(join(folder, 'b/x.md'));
    const titles = async () => (await documents.find('lunch', 8, new AbortController().signal)).hits[0]?.title;
    while ((await titles()) !== 'Lunch');
  });

  it('finds a file that is added later', async (t) => {
    const folder = await folderOf(t, { 'a.md': 'alpha' });
    const documents = await ready(t, folder);
    await writeFile(join(folder, 'late.md'), 'omega');
    const { signal } = new AbortController();
    while ((await documents.find('omega', 8, signal)).hits.length === 0);
    assert.equal((await documents.find('omega', 8, signal)).hits[0]?.path, 'late.md');
  });

  it('is down if the folder does not exist, and cannot be searched after close', async (t) => {
    const documents = await ready(t, '/no/such/folder');
    const { signal } = new AbortController();
    await assert.rejects(documents.find('x', 8, signal), { code: 'tool_unavailable' });
    assert.deepEqual(documents.status, { kind: 'down', reason: 'ENOENT' });
    await documents.close();
    await documents.close();
    await assert.rejects(documents.find('x', 8, signal), { code: 'tool_unavailable' });
  });

  it('says that documents are still being read instead of that nothing was found', async (t) => {
    const many = Array.from({ length: 400 }, (_, at) => [`${at}.md`, `word${at} `.repeat(2_000)] as const);
    const folder = await folderOf(t, Object.fromEntries(many));
    const clock = new ManualClock();
    const documents = await ready(t, folder, clock);
    const output = searchDocuments(documents, EVERYBODY).run({ query: 'omega' }, context());
    await clock.whenWaiting(5_000);
    await clock.advance(5_000);
    assert.match((await output).text, /still being read/);
    assert.equal(documents.status.kind, 'reading');
  });

  it('leaves out a file that takes too long to read, and reads the others', async (t) => {
    const folder = await folderOf(t, { 'a.pdf': endlessPdf() });
    const clock = new ManualClock();
    const documents = await ready(t, folder, clock);
    await clock.whenWaiting(60_000);
    await clock.advance(60_000);
    assert.deepEqual(documents.status, { kind: 'down', reason: 'a file took too long' });
    await writeFile(join(folder, 'b.md'), 'beta');
    await clock.advance(1_000);
    const { hits } = await documents.find('beta', 8, new AbortController().signal);
    assert.equal(hits[0]?.path, 'b.md');
    const leftOut = [{ path: 'a.pdf', reason: 'reading it takes too much time or memory' }];
    assert.deepEqual(documents.status, { kind: 'ready', state: { documents: 1, chunks: 1, leftOut } });
  });

  it('logs an unreadable file once, and keeps its thread', { skip: NO_MODES }, async (t) => {
    withoutRoot(t);
    const folder = await folderOf(t, { 'a.md': 'alpha', 'b.md': 'beta' });
    await chmod(join(folder, 'b.md'), 0);
    const [clock, watched] = [new ManualClock(), watchedLog()];
    const documents = await ready(t, folder, clock, watched.log);
    await watched.when(({ msg }) => msg === 'document left out');
    // Several updates later, since one takes 20 ms.
    await new Promise((later) => setTimeout(later, 500));
    // The limits of earlier updates would end the thread later.
    assert.ok(clock.waiting.length <= 1, clock.waiting.join());
    assert.equal(documents.status.kind, 'ready');
    assert.deepEqual(
      watched.lines.map(({ msg }) => msg),
      ['documents indexed', 'document left out'],
    );
  });

  it('is ready again after an outage, and logs the next one', async (t) => {
    const folder = await folderOf(t, { 'x/a.md': 'alpha' });
    const events = new EventEmitter();
    const log = pino({}, { write: (line) => void events.emit(JSON.parse(line).msg) });
    const isIndexed = once(events, 'documents indexed');
    await ready(t, join(folder, 'x'), systemClock, log);
    await isIndexed;
    for (let times = 0; times < 2; times++) {
      const isDown = once(events, 'documents folder not read');
      await rename(join(folder, 'x'), join(folder, 'y'));
      await isDown;
      const isUp = once(events, 'documents indexed');
      await rename(join(folder, 'y'), join(folder, 'x'));
      await isUp;
    }
  });

  it('stops waiting for documents when the turn is cancelled', async (t) => {
    const documents = await ready(t, await folderOf(t, { 'a.md': 'alpha' }));
    const turn = new AbortController();
    const found = documents.find('alpha', 8, turn.signal);
    turn.abort(new Error('cancelled'));
    await assert.rejects(found, { message: 'cancelled' });
  });
});
