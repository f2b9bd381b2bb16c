import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { AudioLibrary, StoredAudio } from '../../src/audio/library.ts';
import { isGenuine, readLink, toLink } from '../../src/audio/links.ts';
import type { ManualClock } from '../support/manual-clock.ts';

export const RETENTION_MS = 3_600_000;
export const SOUND = { durationMs: 1_000, conversation: 'webchat/1', locale: 'de-AT', text: 'ü 日本 😀' };

export interface LibraryUnderTest {
  readonly clock: ManualClock;
  readonly library: AudioLibrary;
}

/** Saves a sound that has to fit. */
export async function save(library: AudioLibrary, fields: Partial<StoredAudio> = {}): Promise<StoredAudio> {
  const audio = await library.save({ ...SOUND, wav: randomBytes(1_000), ...fields });
  assert.ok(audio !== undefined, 'it was not kept');
  return audio;
}

/** What every library of audio does, whatever it keeps it in. `open` gives room for a megabyte. */
export function itKeepsAudio(what: string, open: () => Promise<LibraryUnderTest>): void {
  describe(`audio in ${what}`, () => {
    it('is given back as it was saved', async () => {
      const { clock, library } = await open();
      for (const wav of [Buffer.alloc(0), randomBytes(1), randomBytes(300_000)]) {
        for (const locale of ['de-AT', undefined]) {
          const audio = await save(library, { wav, locale });
          const { id, linkKey, ...rest } = audio;
          const times = { savedAtMs: clock.now(), expiresAtMs: clock.now() + RETENTION_MS };
          assert.deepEqual(rest, { ...SOUND, locale, wav, ...times });
          assert.match(`${id}${linkKey}`, /^[\w-]{44,}$/);
          assert.deepEqual(await library.find(id), audio);
        }
      }
    });

    it('has ids that links can hold', async () => {
      const { clock, library } = await open();
      const audio = await save(library);
      const link = readLink(toLink(audio, audio.expiresAtMs));
      assert.ok(link !== undefined && link.audioId === audio.id && isGenuine(link, audio, clock.now()));
    });

    it('is not served from the end of its retention on', async () => {
      const { clock, library } = await open();
      const { id } = await save(library);
      await clock.advance(RETENTION_MS - 1);
      assert.ok(await library.find(id));
      await clock.advance(1);
      assert.equal(await library.find(id), undefined);
      assert.equal(await library.find(id), undefined);
    });

    it('is forgotten with its conversation, and nothing else is', async () => {
      const { library } = await open();
      const long = `${'ü'.repeat(5_000)}/?#%`;
      const gone = [await save(library, { conversation: long }), await save(library, { conversation: long })];
      const kept = [await save(library), await save(library, { conversation: `${long}.` })];
      for (let count = 0; count < 2; count++) await library.forget(long);
      for (const { id } of gone) assert.equal(await library.find(id), undefined);
      for (const audio of kept) assert.deepEqual(await library.find(audio.id), audio);
      await library.forget('unknown');
    });

    it('is removed by itself, as often as it is told', async () => {
      const { library } = await open();
      const [gone, kept] = [await save(library), await save(library)];
      for (let count = 0; count < 2; count++) await library.remove(gone.id);
      for (const id of ['', 'unknown', '../etc/passwd', 'A'.repeat(33), kept.id.slice(1)]) await library.remove(id);
      assert.equal(await library.find(gone.id), undefined);
      assert.deepEqual(await library.find(kept.id), kept);
    });

    it('is not found by an id that was not given', async () => {
      const { library } = await open();
      const { id } = await save(library);
      const others = [`${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`, `${id}A`, id.slice(1), id.toUpperCase()];
      for (const other of ['', 'unknown', '__proto__', '../etc/passwd', 'A'.repeat(33), ...others]) {
        if (other !== id) assert.equal(await library.find(other), undefined);
      }
    });
  });
}
