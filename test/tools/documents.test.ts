import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import pino from 'pino';
import { type Clock, systemClock } from '../../src/clock.ts';
import { Documents } from '../../src/tools/documents/documents.ts';
import { searchDocuments } from '../../src/tools/documents/search-documents.ts';
import { watchedLog } from '../channel/watched-log.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { endlessPdf, folderOf, NO_MODES, pdf, withoutRoot } from './documents-under-test.ts';
import { context, silent } from './mcp-under-test.ts';

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
    const tool = searchDocuments(await ready(t, folder));
    const output = await tool.run({ query: 'meals euros' }, context());
    assert.match(output.text, /^\[1\] book, page 2\nMeals are paid/);
    assert.deepEqual(output.sources, [{ title: 'book', page: 2 }]);
    await assert.rejects(tool.run({}, context()), { code: 'arguments_invalid' });
  });

  it('names each found page, and files with the same title by their paths', async (t) => {
    const pages = { 'book.pdf': pdf(['Meals in Rome.', 'Travel.', 'Meals in Bonn.']) };
    const folder = await folderOf(t, { ...pages, 'a/x.md': '# Lunch\nMeals.', 'b/x.md': '# Lunch\nMeals, too.' });
    const documents = await ready(t, folder);
    const { sources } = await searchDocuments(documents).run({ query: 'meals' }, context());
    const names = sources.map(({ title, page }) => [title, page].join(' ').trim());
    assert.deepEqual(names.sort(), ['Lunch (a/x.md)', 'Lunch (b/x.md)', 'book 1', 'book 3']);
    // What one search finds does not tell whether another file has the title.
    await rm(join(folder, 'b/x.md'));
    const titles = async () => (await documents.find('lunch', new AbortController().signal)).hits[0]?.title;
    while ((await titles()) !== 'Lunch');
  });

  it('finds a line of a long list', async (t) => {
    const lines = Array.from({ length: 500 }, (_, at) => `Extension ${at}: person${at}, room ${at}.`);
    const tool = searchDocuments(await ready(t, await folderOf(t, { 'phones.md': lines.join('\n\n') })));
    const { text } = await tool.run({ query: 'person321' }, context());
    assert.match(text, /person321/);
    assert.ok(text.length < 7_000, `${text.length} characters`);
  });

  it('finds a file that is added later', async (t) => {
    const folder = await folderOf(t, { 'a.md': 'alpha' });
    const documents = await ready(t, folder);
    await writeFile(join(folder, 'late.md'), 'omega');
    const { signal } = new AbortController();
    while ((await documents.find('omega', signal)).hits.length === 0);
    assert.equal((await documents.find('omega', signal)).hits[0]?.path, 'late.md');
  });

  it('is down if the folder does not exist, and cannot be searched after close', async (t) => {
    const documents = await ready(t, '/no/such/folder');
    const { signal } = new AbortController();
    await assert.rejects(documents.find('x', signal), { code: 'tool_unavailable' });
    assert.deepEqual(documents.status, { kind: 'down', reason: 'ENOENT' });
    await documents.close();
    await documents.close();
    await assert.rejects(documents.find('x', signal), { code: 'tool_unavailable' });
  });

  it('says that documents are still being read instead of that nothing was found', async (t) => {
    const many = Array.from({ length: 400 }, (_, at) => [`${at}.md`, `word${at} `.repeat(2_000)] as const);
    const folder = await folderOf(t, Object.fromEntries(many));
    const clock = new ManualClock();
    const documents = await ready(t, folder, clock);
    const output = searchDocuments(documents).run({ query: 'omega' }, context());
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
    const { hits } = await documents.find('beta', new AbortController().signal);
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
    const found = documents.find('alpha', turn.signal);
    turn.abort(new Error('cancelled'));
    await assert.rejects(found, { message: 'cancelled' });
  });
});
