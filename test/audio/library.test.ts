import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryLibrary, type MemoryLibraryOptions, type StoredAudio } from '../../src/audio/library.ts';
import { randomIds } from '../../src/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';

const HOUR_MS = 3_600_000;

function library(options: Partial<MemoryLibraryOptions> = {}) {
  const clock = new ManualClock();
  const made = createMemoryLibrary({ maxBytes: 100, retentionMs: HOUR_MS, clock, ids: randomIds, ...options });
  return { clock, find: made.find, save: (wav: Buffer, text = '') => made.save({ ...SOUND, wav, text }) };
}

const SOUND = { durationMs: 1_000, conversation: 'webchat/1', locale: 'de-AT' };

/** The id of audio that has to fit. */
async function saved(audio: Promise<StoredAudio | undefined>): Promise<string> {
  const given = await audio;
  assert.ok(given !== undefined, 'it was not kept');
  return given.id;
}

describe('the audio library in memory', () => {
  it('gives back what was saved, and when', async () => {
    const { clock, save, find } = library();
    const wav = Buffer.from('some audio');
    const savedAtMs = clock.now();
    const { id = '', linkKey } = (await save(wav, 'Hi')) ?? {};
    await clock.advance(5);
    const times = { savedAtMs, expiresAtMs: savedAtMs + HOUR_MS };
    assert.deepEqual(await find(id), { ...SOUND, wav, text: 'Hi', id, linkKey, ...times });
  });

  it('counts what is said in it, too', async () => {
    const { save } = library({ maxBytes: 100 });
    assert.ok(await save(Buffer.alloc(40), 'x'.repeat(30)));
    assert.equal(await save(Buffer.alloc(40), 'x'.repeat(31)), undefined);
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

  it('gives ids and keys of 128 bits, safe in a URL, and never one twice', async () => {
    const { save } = library({ maxBytes: 1_000_000 });
    const given = new Set<string>();
    for (let count = 0; count < 1_000; count++) {
      const { id = '', linkKey = '' } = (await save(Buffer.alloc(1))) ?? {};
      for (const secret of [id, linkKey]) {
        assert.match(secret, /^[\w-]+$/);
        assert.ok(Buffer.from(secret, 'base64url').length >= 16, `${secret} is too short`);
        given.add(secret);
      }
    }
    assert.equal(given.size, 2_000);
  });
});
