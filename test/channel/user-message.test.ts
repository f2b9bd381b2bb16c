import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Activity } from 'botbuilder';
import { ClaimsIdentity } from 'botframework-connector';
import { conversationKey, toReference, toUserMessage } from '../../src/channel/user-message.ts';
import { systemClock } from '../../src/clock.ts';
import { startAdapter } from './adapter-under-test.ts';

const claims = [
  { type: 'aud', value: 'bot-app-id' },
  { type: 'serviceurl', value: 'https://smba.example.com/' },
];
const caller = {
  identity: new ClaimsIdentity(claims, true),
  audience: 'https://api.botframework.com',
  receivedAtMs: 0,
};

function activity(fields: Record<string, unknown> = {}): Activity {
  return {
    type: 'message',
    id: 'activity-1',
    channelId: 'msteams',
    serviceUrl: 'https://smba.example.com/',
    conversation: { id: 'conversation-1', tenantId: 'tenant-1' },
    from: { id: 'user-1', name: 'Ada', aadObjectId: 'aad-1' },
    recipient: { id: 'bot-1', name: 'Bot' },
    text: '<at>Bot</at> hello',
    entities: [{ type: 'mention', text: '<at>Bot</at>', mentioned: { id: 'bot-1', name: 'Bot' } }],
    ...fields,
  } as unknown as Activity;
}

function turnOf(fields?: Record<string, unknown>) {
  return toUserMessage(activity(fields), caller, { isAllowed: true, personKey: 'person', verifiedIds: [] });
}

describe('toUserMessage', () => {
  it('contains what the program needs of a message', () => {
    const { reference: _, ...turn } = turnOf({ locale: 'de-DE' });
    assert.deepEqual(turn, {
      key: 'msteams/conversation-1',
      activityId: 'activity-1',
      channel: 'msteams',
      scope: 'personal',
      user: { id: 'user-1', name: 'Ada' },
      personKey: 'person',
      isAllowed: true,
      verifiedIds: [],
      locale: 'de-DE',
      timeZone: undefined,
      expectsReplies: false,
      text: 'hello',
      attachments: [],
      team: undefined,
    });
  });

  it('treats a compound channel id as its channel, and replies with the whole id', () => {
    const { key, channel, reference } = turnOf({ channelId: 'msteams:COPILOT' });
    assert.deepEqual([key, channel], ['msteams/conversation-1', 'msteams']);
    assert.equal(reference.activity['channelId'], 'msteams:COPILOT');
  });

  it('passes on whether the sender is allowed', () => {
    assert.equal(
      toUserMessage(activity(), caller, { isAllowed: false, personKey: 'person', verifiedIds: [] }).isAllowed,
      false,
    );
  });

  for (const [scope, conversation] of [
    ['personal', { conversationType: 'personal' }],
    ['group', { conversationType: 'groupChat' }],
    ['channel', { conversationType: 'channel' }],
    ['channel', { conversationType: 'channel', isGroup: true }],
    ['personal', { conversationType: 'personal', isGroup: true }],
    ['group', { isGroup: true }],
    ['personal', { isGroup: false }],
    ['personal', {}],
    ['group', { conversationType: 'something new', isGroup: true }],
    ['personal', { conversationType: null }],
  ] as const) {
    it(`maps ${JSON.stringify(conversation)} to ${scope}`, () => {
      assert.equal(turnOf({ conversation: { id: 'c', ...conversation } }).scope, scope);
    });
  }

  it('ignores the text/html that Teams adds to every formatted message, and names attachments without an address', () => {
    const attachments = [
      { contentType: 'text/html', content: '<p>hello</p>' },
      { contentType: 'image/png', contentUrl: 'https://example.com/a.png', name: 'a.png' },
      { contentType: 'audio/wav', content: 'x'.repeat(1000) },
    ];
    const url = 'https://example.com/a.png';
    assert.deepEqual(turnOf({ attachments }).attachments, [
      { kind: 'file', url, name: 'a.png', claimedType: 'image/png' },
      { kind: 'unreadable' },
    ]);
  });

  it('reads no more of a text that is far too long than shows its length', () => {
    const before = process.cpuUsage();
    assert.equal(turnOf({ text: '&lt;quoted messageId=a '.repeat(200_000) }).text.length, 20_001);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 1_000_000, `${user} µs`);
  });

  it('counts how many of a hundred files are left out', () => {
    const sent = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ contentType: 'image/png', contentUrl: `https://example.com/${i}` }));
    assert.deepEqual(turnOf({ attachments: sent(25) }).attachments.at(-1), { kind: 'tooManyFiles', count: 15 });
    assert.deepEqual(turnOf({ attachments: sent(500) }).attachments.at(-1), { kind: 'tooManyFiles', count: 90 });
  });

  it('treats an empty name as missing', () => {
    assert.equal(turnOf({ from: { id: 'user-1', name: '' } }).user.name, undefined);
  });

  it('has an empty text if the message has none', () => {
    assert.equal(turnOf({ text: undefined, entities: undefined }).text, '');
  });
});

describe('conversationKey', () => {
  const keyOf = (channelId: string, id: string) => conversationKey({ channelId, conversation: { id } } as Activity);

  it('is different for every two conversations', () => {
    const keys = [keyOf('a', 'b/c'), keyOf('a', 'b'), keyOf('b', 'b'), keyOf('a', 'B'), keyOf('a', ' b')];
    assert.equal(new Set(keys).size, keys.length);
  });
});

describe('the reference to a message', () => {
  it('survives JSON and restores the same claims', async (t) => {
    const { reference } = turnOf({ locale: 'en-US', callerId: 'urn:botframework:azure' });
    const stored = JSON.parse(JSON.stringify(reference));
    assert.deepEqual(stored, reference);

    const { adapter, [Symbol.asyncDispose]: close } = await startAdapter({ clock: systemClock });
    t.after(() => close());
    await adapter.openContext(stored, 'https://newer.example.com', async (context) => {
      const { identity, audience } = adapter.callerOf(context);
      assert.deepEqual(identity.claims, claims);
      assert.equal(identity.isAuthenticated, true);
      assert.equal(audience, caller.audience);
      assert.deepEqual(
        { ...context.activity },
        {
          type: 'message',
          id: 'activity-1',
          from: { id: 'user-1', name: 'Ada', aadObjectId: 'aad-1' },
          recipient: { id: 'bot-1', name: 'Bot' },
          conversation: { id: 'conversation-1', tenantId: 'tenant-1' },
          channelId: 'msteams',
          serviceUrl: 'https://newer.example.com',
          locale: 'en-US',
          callerId: 'urn:botframework:azure',
        },
      );
      context.activity.conversation.id = 'changed';
    });
    assert.deepEqual(stored, reference, 'the turn has a copy');
  });

  it("contains none of the user's words, however many there are", () => {
    const { reference } = turnOf({
      text: 'secret '.repeat(10_000),
      attachments: [{ contentType: 'image/png', contentUrl: 'x'.repeat(100_000) }],
      channelData: { secret: 'secret' },
      value: { secret: 'secret' },
    });
    const json = JSON.stringify(reference);
    assert.ok(json.length < 1_000, `${json.length} characters`);
    assert.doesNotMatch(json, /secret/);
  });

  it('has well-formed texts, even if a name is cut within an emoji', () => {
    const recipient = { id: 'bot-1', name: `${'x'.repeat(2_047)}👍` };
    assert.match(JSON.stringify(toReference(activity({ recipient }), caller)), /x{2047}\ufffd"/);
  });

  it('leaves out fields that the activity does not have', () => {
    const reference = toReference(activity({ recipient: undefined, locale: undefined }), caller);
    assert.deepEqual(Object.keys(reference.activity).sort(), [
      'channelId',
      'conversation',
      'from',
      'id',
      'serviceUrl',
      'type',
    ]);
  });

  it('does not treat a sender without claims as authenticated', () => {
    const anonymous = { ...caller, identity: new ClaimsIdentity([]) };
    assert.deepEqual(toReference(activity(), anonymous).claims, []);
  });
});
