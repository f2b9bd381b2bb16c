import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryLibrary, type MemoryLibraryOptions } from '../../src/audio/library.ts';
import { randomIds } from '../../src/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';

const HOUR_MS = 3_600_000;

function library(options: Partial<MemoryLibraryOptions> = {}) {
  const clock = new ManualClock();
  return { clock, ...createMemoryLibrary({ maxBytes: 100, retentionMs: HOUR_MS, clock, ids: randomIds, ...options }) };
}

/** The id of audio that has to fit. */
async function saved(id: Promise<string | undefined>): Promise<string> {
  const given = await id;
  assert.ok(given !== undefined, 'it was not kept');
  return given;
}

describe('the audio library in memory', () => {
  it('gives back what was saved, and when', async () => {
    const { clock, save, find } = library();
    const wav = Buffer.from('some audio');
    const savedAtMs = clock.now();
    const id = await saved(save(wav));
    await clock.advance(5);
    assert.deepEqual(await find(id), { wav, savedAtMs });
  });

  it('lets the oldest audio go when there is no more room', async () => {
    const { save, find } = library({ maxBytes: 100 });
    const first = await saved(save(Buffer.alloc(40)));
    const second = await saved(save(Buffer.alloc(40)));
    const third = await saved(save(Buffer.alloc(40)));
    assert.equal(await find(first), undefined);
    assert.ok(await find(second));
    assert.ok(await find(third));
  });

  it('lets the oldest go even when it was played last', async () => {
    const { save, find } = library({ maxBytes: 100 });
    const first = await saved(save(Buffer.alloc(40)));
    const second = await saved(save(Buffer.alloc(40)));
    for (let plays = 0; plays < 5; plays++) assert.ok(await find(first));
    await save(Buffer.alloc(40));
    assert.equal(await find(first), undefined);
    assert.ok(await find(second));
  });

  it('makes as much room as the newest needs', async () => {
    const { save, find } = library({ maxBytes: 100 });
    const small = [await saved(save(Buffer.alloc(30))), await saved(save(Buffer.alloc(30)))];
    const last = await saved(save(Buffer.alloc(30)));
    const large = await saved(save(Buffer.alloc(70)));
    assert.deepEqual(await Promise.all(small.map(find)), [undefined, undefined]);
    assert.ok(await find(last));
    assert.ok(await find(large));
  });

  it('fills its room to the last byte', async () => {
    const { save, find } = library({ maxBytes: 100 });
    const ids = [await saved(save(Buffer.alloc(50))), await saved(save(Buffer.alloc(50)))];
    for (const id of ids) assert.ok(await find(id));
    assert.ok(await find(await saved(save(Buffer.alloc(100)))));
  });

  it('does not keep what is larger than all the room, and keeps the others', async () => {
    const { save, find } = library({ maxBytes: 100 });
    const kept = await saved(save(Buffer.alloc(40)));
    assert.equal(await save(Buffer.alloc(101)), undefined);
    assert.ok(await find(kept));
  });

  it('forgets audio when its time is over, played or not', async () => {
    const { clock, save, find } = library({ retentionMs: HOUR_MS });
    const id = await saved(save(Buffer.alloc(10)));
    await clock.advance(HOUR_MS - 1);
    assert.ok(await find(id));
    await clock.advance(1);
    assert.equal(await find(id), undefined);
  });

  it('keeps newer audio when older audio has had its time', async () => {
    const { clock, save, find } = library({ retentionMs: HOUR_MS, maxBytes: 1_000 });
    const old = [await saved(save(Buffer.alloc(10))), await saved(save(Buffer.alloc(10)))];
    await clock.advance(HOUR_MS / 2);
    const young = await saved(save(Buffer.alloc(10)));
    await clock.advance(HOUR_MS / 2);
    const newest = await saved(save(Buffer.alloc(10)));
    assert.deepEqual(await Promise.all(old.map(find)), [undefined, undefined]);
    assert.ok(await find(young));
    assert.ok(await find(newest));
  });

  it('knows nothing of an id that it did not give', async () => {
    const { save, find } = library();
    await save(Buffer.alloc(10));
    for (const id of ['', 'unknown', '__proto__', '../etc/passwd']) assert.equal(await find(id), undefined);
  });

  it('gives ids of 128 bits, safe in a URL, and never one twice', async () => {
    const { save } = library({ maxBytes: 1_000_000 });
    const ids = new Set<string>();
    for (let count = 0; count < 1_000; count++) {
      const id = await saved(save(Buffer.alloc(1)));
      assert.match(id, /^[\w-]+$/);
      assert.ok(Buffer.from(id, 'base64url').length >= 16, `${id} is too short`);
      ids.add(id);
    }
    assert.equal(ids.size, 1_000);
  });
});
