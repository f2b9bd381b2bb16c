import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jobId, storedKey } from '../../src/database/names.ts';

describe('names in the database', () => {
  it('are the keys themselves, or distinct digests', () => {
    for (const key of ['msteams/a:1', 'ü/日本?#%', 'x'.repeat(512)]) assert.equal(storedKey(key), key);
    const odd = ['', '\0', 'a\0', '\ud800', '\ud801', 'x'.repeat(513), `${'x'.repeat(513)}y`];
    const stored = odd.map(storedKey);
    assert.equal(new Set(stored).size, odd.length);
    for (const key of stored) {
      assert.match(key, /^sha256:[\w-]{43}$/);
      assert.equal(storedKey(key), key);
    }
  });

  it('are version 5 UUIDs of a conversation and an activity', () => {
    const id = jobId({ key: 'a', activityId: 'b' });
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(jobId({ key: 'a', activityId: 'b' }), id);
    assert.notEqual(jobId({ key: 'a"', activityId: 'b' }), jobId({ key: 'a', activityId: '"b' }));
    assert.notEqual(jobId({ key: 'ab', activityId: '' }), jobId({ key: 'a', activityId: 'b' }));
  });
});
