import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { keepEntityProperties } from '../../src/channel/botbuilder-patches.ts';
import { ReplyRoutes } from '../../src/channel/reply-routes.ts';
import { ServiceUrls } from '../../src/channel/service-urls.ts';
import { systemClock } from '../../src/clock.ts';
import type { ReplySender } from '../../src/conversation/reply.ts';
import { en } from '../../src/messages/en.ts';
import { streamInfo } from '../support/teams-rules.ts';
import { inbound, startAdapter } from './adapter-under-test.ts';

/** The reply route for one message. Web Chat supports streams. */
async function wayBack(t: TestContext, channelId = 'webchat') {
  keepEntityProperties();
  const { adapter, connector, watched, [Symbol.asyncDispose]: close } = await startAdapter({ clock: systemClock });
  t.after(() => close());
  const replyRoutes = new ReplyRoutes({
    adapter,
    clock: systemClock,
    log: watched.log,
    webchatAudio: 'attachment',
    browserLinks: false,
    publicBaseUrl: () => undefined,
    serviceUrls: new ServiceUrls(systemClock),
    sendLimitMs: 60_000,
  });
  const activity = { ...inbound(connector.url), channelId };
  const reference = { activity, claims: [], audience: undefined };
  const begun = (earlierId: string) => ({ earlierId, onBegun() {} });
  return { connector, begun, withReplySender: replyRoutes.byChannelCall(reference) };
}

describe('the reply route of a turn', () => {
  it('resolves with the result of its work', async (t) => {
    const { withReplySender } = await wayBack(t);
    assert.equal(await withReplySender(async () => 'done'), 'done');
    await assert.rejects(
      withReplySender(() => Promise.reject(new Error('broke'))),
      /broke/,
    );
  });

  it('shows an answer while it is generated only if the channel streams and no earlier attempt has begun a stream', async (t) => {
    for (const [channelId, shows] of [
      ['webchat', true],
      ['slack', false],
    ] as const) {
      const { withReplySender, begun } = await wayBack(t, channelId);
      const showsText = async (sender: ReplySender) => {
        sender.showActivity();
        return sender.showsText;
      };
      assert.equal(await withReplySender(showsText), shows, channelId);
      assert.equal(await withReplySender(showsText, begun('stream-1')), false);
    }
  });

  it('ends the streamed text with a notice, and sends the answer as a separate message', async (t) => {
    const { connector, withReplySender } = await wayBack(t);
    await withReplySender(async (sender) => {
      sender.showActivity();
      sender.showText(() => 'Once');
      await connector.when((call) => streamInfo(call)?.['streamType'] === 'streaming');
      await sender.notify(en.storage.delayed);
      await sender.send({ text: 'Once upon a time', audio: undefined });
    });
    const ends = connector.messages.map((call) => [call.body.text, streamInfo(call)?.['streamType']]);
    assert.deepEqual(ends, [
      [`Once\n\n${en.storage.delayed}`, 'final'],
      ['Once upon a time', undefined],
    ]);
  });

  it('ends a stream that gets no answer, unless the turn is left to another attempt', async (t) => {
    for (const isAbandoned of [false, true]) {
      const { connector, withReplySender } = await wayBack(t);
      await withReplySender(async (sender) => {
        sender.showActivity();
        sender.showText(() => 'Once');
        await connector.when((call) => streamInfo(call)?.['streamType'] === 'streaming');
        if (isAbandoned) sender.abandon();
      });
      assert.deepEqual(
        connector.messages.map(({ body }) => body.text),
        isAbandoned ? [] : [`Once\n\n${en.interrupted}`],
      );
    }
  });
});
