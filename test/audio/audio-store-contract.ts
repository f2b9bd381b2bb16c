import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { AudioStore, NewAudio, StoredAudio } from '../../src/audio/audio-store.ts';
import { isGenuine, readLink, toLink } from '../../src/audio/signed-links.ts';
import type { ManualClock } from '../support/manual-clock.ts';

export const RETENTION_MS = 3_600_000;
export const SOUND = { durationMs: 1_000, conversation: 'webchat/1', locale: 'de-AT', text: 'ü 日本 😀' };

export interface AudioStoreUnderTest {
  readonly clock: ManualClock;
  readonly store: AudioStore;
}

/** Saves audio that has to fit. */
export async function save(store: AudioStore, fields: Partial<NewAudio> = {}): Promise<StoredAudio> {
  const audio = await store.save({ ...SOUND, wav: randomBytes(1_000), ...fields });
  assert.ok(audio !== undefined, 'it was not stored');
  return audio;
}

async function assertGone(store: AudioStore, id: string): Promise<void> {
  assert.equal(await store.find(id), undefined);
  assert.equal(await store.read(id), undefined);
  assert.equal(await store.read(id, { start: 0, end: 0 }), undefined);
}

/** The contract of every audio store. `open` returns one with a retention of RETENTION_MS and room for a megabyte. */
export function itStoresAudio(what: string, open: () => Promise<AudioStoreUnderTest>): void {
  describe(`audio in ${what}`, () => {
    it('is returned as it was saved', async () => {
      const { clock, store } = await open();
      for (const wav of [Buffer.alloc(0), randomBytes(1), randomBytes(300_000)]) {
        for (const locale of ['de-AT', undefined]) {
          const audio = await save(store, { wav, locale });
          const { id, linkKey, ...rest } = audio;
          const times = { savedAtMs: clock.now(), expiresAtMs: clock.now() + RETENTION_MS };
          assert.deepEqual(rest, { ...SOUND, locale, byteLength: wav.byteLength, ...times });
          assert.match(`${id}${linkKey}`, /^[\w-]{44,}$/);
          assert.deepEqual(await store.find(id), audio);
          assert.ok((await store.read(id))?.equals(wav));
        }
      }
    });

    it('keeps its transcript, of any length and any characters', async () => {
      const { store } = await open();
      for (const text of ['', 'x'.repeat(100_000), '\\x00 \'"\n\t', 'a\u2028b', '🎧'.repeat(5_000)]) {
        const audio = await save(store, { text });
        assert.equal((await store.find(audio.id))?.text, text);
      }
    });

    it('accepts text that databases reject', async () => {
      const { store } = await open();
      const { id } = await save(store, {
        text: 'a\u0000b \ud800 c',
        locale: 'de\u0000',
        conversation: 'x/\u0000\udc00',
      });
      assert.ok(await store.read(id));
      await store.forget('x/\u0000\udc00');
      await assertGone(store, id);
    });

    it('is read by ranges', async () => {
      const { store } = await open();
      const wav = randomBytes(200_000);
      const { id } = await save(store, { wav });
      const last = wav.byteLength - 1;
      const ranges = [
        [0, 0],
        [0, 43],
        [44, 65_535],
        [65_536, 131_071],
        [131_072, last],
        [last, last],
        [0, last],
        [last - 9, last + 1_000],
      ] as const;
      for (const [start, end] of ranges)
        assert.ok((await store.read(id, { start, end }))?.equals(wav.subarray(start, end + 1)), `${start}-${end}`);
    });

    it('has ids that are valid in links', async () => {
      const { clock, store } = await open();
      const audio = await save(store);
      const link = readLink(toLink(audio, audio.expiresAtMs));
      assert.ok(link !== undefined && link.id === audio.id && isGenuine(link, audio, clock.now()));
    });

    it('is not served from the end of its retention on', async () => {
      const { clock, store } = await open();
      const { id } = await save(store);
      await clock.advance(RETENTION_MS - 1);
      assert.ok((await store.find(id)) && (await store.read(id)));
      await clock.advance(1);
      await assertGone(store, id);
      await assertGone(store, id);
    });

    it('is forgotten with its conversation, and nothing else is', async () => {
      const { store } = await open();
      const long = `${'ü'.repeat(5_000)}/?#%`;
      const gone = [await save(store, { conversation: long }), await save(store, { conversation: long })];
      const kept = [await save(store), await save(store, { conversation: `${long}.` })];
      for (let count = 0; count < 2; count++) await store.forget(long);
      for (const { id } of gone) await assertGone(store, id);
      for (const audio of kept) assert.deepEqual(await store.find(audio.id), audio);
      await store.forget('unknown');
    });

    it('is removed alone, even repeatedly', async () => {
      const { store } = await open();
      const [gone, kept] = [await save(store), await save(store)];
      for (let count = 0; count < 2; count++) await store.remove(gone.id);
      for (const id of ['', 'unknown', '../etc/passwd', 'A'.repeat(33), kept.id.slice(1)]) await store.remove(id);
      await assertGone(store, gone.id);
      assert.deepEqual(await store.find(kept.id), kept);
    });

    it('is not found by an unknown id', async () => {
      const { store } = await open();
      const { id } = await save(store);
      const others = [`${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`, `${id}A`, id.slice(1), id.toUpperCase()];
      for (const other of ['', 'unknown', '__proto__', '../etc/passwd', '\u0000', 'A'.repeat(33), ...others]) {
        if (other !== id) await assertGone(store, other);
      }
    });
  });
}

/** The contract of bounded stores. `open` returns one with room for 100 kB; transcripts may count, too. */
export function itBoundsAudio(what: string, open: () => Promise<AudioStoreUnderTest>): void {
  const kB = (count: number) => ({ wav: randomBytes(count * 1_000), text: '' });
  describe(`the bound of audio in ${what}`, () => {
    it('evicts the oldest, even if it was played last', async () => {
      const { store } = await open();
      const first = await save(store, kB(40));
      const second = await save(store, kB(40));
      for (let plays = 0; plays < 5; plays++) assert.ok((await store.find(first.id)) && (await store.read(first.id)));
      const third = await save(store, kB(40));
      await assertGone(store, first.id);
      assert.ok((await store.read(second.id)) && (await store.read(third.id)));
    });

    it('evicts no more than needed', async () => {
      const { store } = await open();
      const small = [await save(store, kB(30)), await save(store, kB(30))];
      const last = await save(store, kB(29));
      const large = await save(store, kB(70));
      for (const { id } of small) await assertGone(store, id);
      assert.ok((await store.read(last.id)) && (await store.read(large.id)));
    });

    it('rejects audio that is larger than the store', async () => {
      const { store } = await open();
      const kept = await save(store, kB(40));
      assert.equal(await store.save({ ...SOUND, ...kB(101) }), undefined);
      assert.ok(await store.find(kept.id));
    });

    it('is freed by audio that expires or is removed or forgotten', async () => {
      const { clock, store } = await open();
      const old = await save(store, kB(90));
      await clock.advance(RETENTION_MS);
      const young = await save(store, kB(60));
      await store.remove(young.id);
      const forgotten = await save(store, { ...kB(60), conversation: 'webchat/2' });
      await store.forget('webchat/2');
      const kept = [await save(store, kB(49)), await save(store, kB(49))];
      for (const { id } of [old, young, forgotten]) await assertGone(store, id);
      for (const { id } of kept) assert.ok(await store.find(id));
    });

    it('may be exceeded by concurrent saves, until the next save', async () => {
      const { store } = await open();
      const saved = await Promise.all(Array.from({ length: 20 }, () => save(store, kB(30))));
      saved.push(await save(store, kB(30)));
      const left = (await Promise.all(saved.map(({ id }) => store.find(id)))).filter((each) => each !== undefined);
      assert.ok(left.length > 0 && left.length <= 3, `${left.length} are left`);
    });
  });
}
