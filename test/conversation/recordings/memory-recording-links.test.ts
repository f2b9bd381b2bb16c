import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryRecordingLinks } from '../../../src/conversation/recordings/memory-recording-links.ts';
import { randomIds } from '../../../src/ids.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { describeRecordingLinks, owner } from './recording-links-contract.ts';

function recordingLinks() {
  const clock = new ManualClock();
  return { clock, store: createMemoryRecordingLinks(clock, randomIds) };
}

describeRecordingLinks('memory', async () => recordingLinks());

describe('recording links in memory', () => {
  it('are evicted, the oldest first, at the maximum', async () => {
    const { store } = recordingLinks();
    const [first, second] = [await store.create(owner('first')), await store.create(owner('second'))];
    const another = owner('another');
    for (let index = 0; index < 49_998; index++) await store.create({ ...another, key: `another ${index}` });
    assert.deepEqual(await store.find(first.id), first);
    await store.create(owner('one more'));
    assert.equal(await store.find(first.id), undefined);
    assert.deepEqual(await store.find(second.id), second);
  });

  it('are not evicted by the many links of a single user', async () => {
    const { store } = recordingLinks();
    const other = await store.create(owner('a', 'other'));
    const one = owner('a');
    for (let index = 0; index < 50_001; index++) await store.create(one);
    assert.deepEqual(await store.find(other.id), other);
  });
});
