import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryAudioStore } from '../../../src/audio/memory-audio-store.ts';
import { toPcm } from '../../../src/audio/pcm.ts';
import { encodeWav } from '../../../src/audio/wav.ts';
import { readAttachments } from '../../../src/conversation/turn/read-attachments.ts';
import type { UserMessage } from '../../../src/conversation/user-message.ts';
import { StoreError } from '../../../src/errors.ts';
import { randomIds } from '../../../src/ids.ts';
import { createLogger } from '../../../src/log.ts';
import { messagesFor } from '../../../src/messages/messages.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { storedAudio } from '../../support/stored-audio.ts';
import { turn } from '../recordings-under-test.ts';
import { attemptAt, start } from './attempt-under-test.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const SOUND = { wav: Buffer.alloc(48), durationMs: 0, text: '', conversation: 'emulator/a', locale: undefined };

function spoken(audioId: string, locale: string): UserMessage {
  return {
    key: 'emulator/a',
    activityId: 'talk-1',
    channel: 'emulator',
    scope: 'personal',
    user: { id: 'user-1', name: 'Ada' },
    personKey: 'emulator/a',
    isAllowed: true,
    locale,
    expectsReplies: false,
    text: '',
    attachments: [{ kind: 'recording', audioId }],
    reference: { activity: {}, claims: [], audience: undefined },
  };
}

describe('a recording from the recording page', () => {
  for (const locale of ['en', 'de']) {
    it(`is requested again with a new recording link if it is no longer stored (${locale})`, async () => {
      const clock = new ManualClock();
      const audioStore = createMemoryAudioStore({ maxBytes: 1_000, retentionMs: HOUR_MS, clock, ids: randomIds });
      const kept = await audioStore.save(SOUND);
      await clock.advance(HOUR_MS);
      const logs: string[] = [];
      const log = createLogger('debug', { write: (line: string) => void logs.push(line) });
      const attempt = attemptAt(spoken(kept?.id ?? '', locale), { audioStore, clock, log });
      const read = await readAttachments(attempt);
      assert.deepEqual(read.warnings, [messagesFor(locale).attachments.recordingLost]);
      assert.deepEqual([read.parts, read.audioMs], [[], 0]);
      assert.match(logs.join(''), /not_fetched/);
    });
  }

  for (const call of ['find', 'read'] as const) {
    it(`is heard as soon as the audio store answers (${call}), and its user is told of the delay`, async () => {
      const message = turn('', { attachments: [{ kind: 'recording', audioId: 'recorded' }] });
      const { result, diary, services, model, clock } = start({ message });
      const availableAtMs = clock.now() + 2 * MINUTE_MS;
      const wav = await encodeWav(toPcm([Buffer.alloc(48_000)]));
      const store = { find: async () => storedAudio({ id: 'recorded' }), read: async () => wav };
      const failing = async () => {
        if (clock.now() < availableAtMs) throw new StoreError('store_unavailable', 'the connection was lost');
        return store[call]();
      };
      Object.assign(services.audioStore, { ...store, [call]: failing });
      const ended = result();
      for (let second = 0; second < 125; second++) await clock.advance(1_000);
      assert.equal((await ended).kind, 'answered');
      const told = diary.filter((line) => /^(?:notifies|sends)/.test(line));
      assert.deepEqual(told, [`notifies ${messagesFor('en').storage.delayed}`, 'sends Hi']);
      assert.match(JSON.stringify(model.last.sentOf('conversation.item.create')), /input_audio/);
    });
  }

  it('is given up after ten minutes, and its user is told', async () => {
    const message = turn('', { attachments: [{ kind: 'recording', audioId: 'recorded' }] });
    const { result, diary, services, clock } = start({ message });
    const find = async () => {
      throw new StoreError('store_unavailable', 'the connection was lost');
    };
    Object.assign(services.audioStore, { find });
    const ended = result();
    for (let second = 0; second < 605; second++) await clock.advance(1_000);
    await ended;
    const told = diary.filter((line) => line.startsWith('sends'));
    assert.deepEqual(told, [`sends ${messagesFor('en').attachments.recordingLost}`]);
  });
});
