import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryAudioStore } from '../../src/audio/memory-audio-store.ts';
import { randomIds } from '../../src/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { itBoundsAudio, itStoresAudio, RETENTION_MS, SOUND, save } from './audio-store-contract.ts';

async function open(maxBytes: number) {
  const clock = new ManualClock();
  return { clock, store: createMemoryAudioStore({ clock, ids: randomIds, maxBytes, retentionMs: RETENTION_MS }) };
}

itStoresAudio('memory', () => open(1_000_000));
itBoundsAudio('memory', () => open(100_000));

describe('the audio store in memory', () => {
  it('counts transcripts, too', async () => {
    const { store } = await open(100);
    assert.ok(await store.save({ ...SOUND, wav: Buffer.alloc(40), text: 'x'.repeat(30) }));
    assert.equal(await store.save({ ...SOUND, wav: Buffer.alloc(40), text: 'x'.repeat(31) }), undefined);
  });

  it('can be filled to the last byte', async () => {
    const { store } = await open(100);
    const sounds = [await save(store, { wav: Buffer.alloc(50), text: '' })];
    sounds.push(await save(store, { wav: Buffer.alloc(50), text: '' }));
    for (const { id } of sounds) assert.ok(await store.find(id));
    assert.ok(await store.find((await save(store, { wav: Buffer.alloc(100), text: '' })).id));
  });

  it('has unique ids and keys of 128 bits, valid in a URL', async () => {
    const { store } = await open(1_000_000);
    const given = new Set<string>();
    for (let count = 0; count < 200; count++) {
      const { id, linkKey } = await save(store, { wav: Buffer.alloc(1) });
      for (const secret of [id, linkKey]) {
        assert.match(secret, /^[\w-]+$/);
        assert.ok(Buffer.from(secret, 'base64url').length >= 16, `${secret} is too short`);
        given.add(secret);
      }
    }
    assert.equal(given.size, 400);
  });
});
