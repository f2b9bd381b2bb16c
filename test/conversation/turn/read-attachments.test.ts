import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Semaphore } from '../../../src/attachments/semaphore.ts';
import { createMemoryAudioStore } from '../../../src/audio/memory-audio-store.ts';
import { FILE_BOUNDS, readAttachments } from '../../../src/conversation/turn/read-attachments.ts';
import type { UserMessage } from '../../../src/conversation/user-message.ts';
import { randomIds } from '../../../src/ids.ts';
import { createLogger } from '../../../src/log.ts';
import { messagesFor } from '../../../src/messages/messages.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const HOUR_MS = 3_600_000;
const SOUND = { wav: Buffer.alloc(48), durationMs: 0, text: '', conversation: 'emulator/a', locale: undefined };

function spoken(audioId: string, locale: string): UserMessage {
  return {
    key: 'emulator/a',
    activityId: 'talk-1',
    channel: 'emulator',
    scope: 'personal',
    user: { id: 'user-1', name: 'Ada', aadObjectId: undefined },
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
      const services = {
        files: {
          readers: {
            clips: { decode: () => assert.fail('no clip was sent') },
            pictures: { read: () => assert.fail('no picture was sent') },
          },
          fetch: () => assert.fail('no file was sent'),
          semaphore: new Semaphore(FILE_BOUNDS),
        },
        channel: {
          byChannelCall: () => assert.fail('nothing is sent'),
          recordingAccess: () => 'link' as const,
          showsCards: () => false as const,
        },
        audioStore,
        clock,
      };
      const log = createLogger('debug', { write: (line: string) => void logs.push(line) });
      const { signal } = new AbortController();
      const telemetry = { step: <T>(_name: string, work: () => Promise<T>) => work() };
      const turn = { message: spoken(kept?.id ?? '', locale), log, signal, telemetry };
      const read = await readAttachments(turn, services);
      assert.deepEqual(read.warnings, [messagesFor(locale).attachments.recordingLost]);
      assert.deepEqual([read.parts, read.audioMs], [[], 0]);
      assert.match(logs.join(''), /not_fetched/);
    });
  }
});
