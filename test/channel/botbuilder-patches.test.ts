import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Entity } from 'botbuilder';
import { keepEntityProperties } from '../../src/channel/botbuilder-patches.ts';
import { systemClock } from '../../src/clock.ts';
import { startAdapter } from './adapter-under-test.ts';

/** The entities as Teams and Web Chat need them; without them there is no AI label and no stream. */
const AI_LABEL = {
  type: 'https://schema.org/Message',
  '@type': 'Message',
  '@context': 'https://schema.org',
  '@id': '',
  additionalType: ['AIGeneratedContent'],
  citation: [{ '@type': 'Claim', position: 1, appearance: { name: 'A page', url: 'https://example.com' } }],
};
const STREAM = { type: 'streaminfo', streamId: 'stream-1', streamType: 'streaming', streamSequence: 3 };
const MENTION = { type: 'mention', text: '<at>Ada</at>', mentioned: { id: 'user-1', name: 'Ada' } };

describe('keepEntityProperties', () => {
  it('keeps the properties of entities on the wire', async (t) => {
    assert.equal(keepEntityProperties(), true);
    const sending = await startAdapter({ clock: systemClock });
    t.after(() => sending[Symbol.asyncDispose]());
    const entities: Entity[] = [AI_LABEL, STREAM, MENTION];

    await sending.send({ type: 'message', text: 'Hi', entities });

    assert.deepEqual(sending.connector.messages[0]?.body.entities, entities);
  });

  it('can be called again', async (t) => {
    assert.equal(keepEntityProperties(), true);
    assert.equal(keepEntityProperties(), true);
    const sending = await startAdapter({ clock: systemClock });
    t.after(() => sending[Symbol.asyncDispose]());
    await sending.send({ type: 'typing', entities: [STREAM] });
    assert.deepEqual(sending.connector.calls[0]?.body.entities, [STREAM]);
  });
});
