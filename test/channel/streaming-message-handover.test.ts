import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Activity, ResourceResponse } from 'botbuilder';
import type { StreamRules } from '../../src/channel/capabilities.ts';
import { StreamingMessage } from '../../src/channel/streaming-message.ts';
import { SendError } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { ManualClock } from '../support/manual-clock.ts';

const RULES: StreamRules = {
  maxMs: 120_000,
  maxChars: 4_000,
  intervalMs: 1_000,
  isPacedThroughout: true,
  isInChannelData: false,
  isAnnounced: true,
};

/** A streaming message and its calls, with one response of the channel at a time. */
function live(earlierId: string | undefined, update: () => Promise<void> = async () => {}) {
  const clock = new ManualClock();
  const diary: string[] = [];
  const message = new StreamingMessage({
    rules: RULES,
    streamRecord: { earlierId, onBegun: (id) => void diary.push(`begun ${id}`) },
    pace: { nextAtMs: 0 },
    clock,
    channelNow: () => clock.now(),
    log: createLogger('silent'),
    calls: {
      async send(activity): Promise<ResourceResponse> {
        diary.push(`chunk ${(activity as Partial<Activity>).text}`);
        return { id: 'stream-2' };
      },
      sendText: async ({ text }) => void diary.push(`whole ${text}`),
      async update({ id, text }) {
        diary.push(`update ${id} ${text}`);
        return update();
      },
    },
    onStopped: () => {},
    onUnsupported: () => {},
  });
  return { message, diary };
}

describe('the stream of a turn that moves to another attempt', () => {
  it('is recorded once it has begun, so that a later attempt can end it', async () => {
    const { message, diary } = live(undefined);
    message.announce('I am at work');
    await message.settle();
    assert.deepEqual(diary, ['chunk I am at work', 'begun stream-2']);
  });

  it('is replaced by the reply of a later attempt, which shows nothing before', async () => {
    const { message, diary } = live('stream-1');
    message.announce('I am at work');
    message.show(() => 'Once');
    await message.finish({ text: 'Once upon a time' });
    assert.deepEqual(diary, ['update stream-1 Once upon a time']);
    assert.equal(message.lacksEnd, false);
  });

  it('is followed by the whole reply if the channel does not accept the replacement', async () => {
    const { message, diary } = live('stream-1', () => Promise.reject({ statusCode: 404 }));
    await message.finish({ text: 'Once upon a time' });
    assert.deepEqual(diary, ['update stream-1 Once upon a time', 'whole Once upon a time']);
  });

  it('is followed by nothing if it is unknown whether the replacement arrived', async () => {
    const late = new SendError('send_timeout', 'not sent in time');
    const { message, diary } = live('stream-1', () => Promise.reject(late));
    await assert.rejects(message.finish({ text: 'Once upon a time' }), late);
    assert.deepEqual(diary, ['update stream-1 Once upon a time']);
  });
});
