import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EMPTY_RECORD, readRecord } from '../../src/conversation/records.ts';

const { usage } = EMPTY_RECORD;

describe('a stored record', () => {
  for (const json of [undefined, null, 7, 'x', true, ['a'], {}]) {
    it(`is empty if nothing valid was stored: ${JSON.stringify(json)}`, () => {
      assert.deepEqual(readRecord(json), EMPTY_RECORD);
    });
  }

  it('is read as it was written', () => {
    const written = {
      ...EMPTY_RECORD,
      history: [{ user: 'hello', assistant: 'Hi', activityId: 'a1' }],
      settings: { voice: 'coral', modality: 'text' },
      usage: { ...usage, turns: 3, tokens: { ...usage.tokens, audio: { in: 1, cached: 2, out: 3 } } },
      sessionVersion: 't1',
      answered: ['x'],
      unsent: { messageId: 'm', reply: { text: 'Hi', isFromModel: true }, audioId: 'a', costUsd: 0.1 },
    };
    assert.deepEqual(readRecord(JSON.parse(JSON.stringify(written))), written);
  });

  it('has all fields of this version, and keeps the fields of others at every level', () => {
    const tokens = { text: { in: 1, later: 1 }, video: { in: 9 } };
    const record = readRecord({ version: 9, later: 1, history: '?', usage: { turns: 2, later: 2, tokens } });
    assert.deepEqual(record, {
      ...EMPTY_RECORD,
      ...{ version: 9, later: 1 },
      usage: {
        ...usage,
        ...{ turns: 2, later: 2 },
        tokens: { ...usage.tokens, text: { in: 1, cached: 0, out: 0, later: 1 }, video: { in: 9 } },
      },
    });
  });

  it('gets the version of this bot if an older one wrote it', () => {
    assert.equal(readRecord({ version: 1, sessionVersion: 't1' }).version, EMPTY_RECORD.version);
  });
});
