import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ScriptedResponse } from '../../dev/simulator/responder.ts';
import { capabilitiesOf } from '../../src/channel/capabilities.ts';
import type { Env } from '../../src/config/env.ts';
import { en } from '../../src/messages/en.ts';
import { failing, startTimedBot, type TimedBot, until } from '../conversation/timed-bot.ts';
import type { ConnectorCall } from '../support/fake-connector.ts';
import { streamInfo, TeamsRules } from '../support/teams-rules.ts';

const TEXT = 'Hi **there**';
const PAGE = String.raw`https://bot\.example\.com/audio/[\w-]{22}\.\w+\.[\w-]{22}`;
const SCOPES = ['personal', 'group', 'channel'] as const;
type Scope = (typeof SCOPES)[number];

/** What users have to get, by the design and not by our table. */
interface Expected {
  readonly sound: 'attachment' | 'link' | 'card' | 'card with Save' | 'speak';
  readonly isTypingShown: boolean;
  readonly stream: 'none' | 'entity' | 'entity and channelData';
  readonly isMarked: boolean;
}

const LINKED: Expected = { sound: 'link', isTypingShown: true, stream: 'none', isMarked: false };
const STREAMED: Expected = { ...LINKED, sound: 'attachment', stream: 'entity and channelData' };
const TEAMS: Expected = { ...LINKED, sound: 'card', isMarked: true };

const everywhere = (expected: Expected) => ({ personal: expected, group: expected, channel: expected });
const ROWS: Readonly<Record<string, Readonly<Record<Scope, Expected>>>> = {
  emulator: everywhere({ ...LINKED, sound: 'attachment' }),
  directline: everywhere(STREAMED),
  webchat: everywhere(STREAMED),
  msteams: {
    ...everywhere(TEAMS),
    personal: { ...TEAMS, sound: 'card with Save', isTypingShown: false, stream: 'entity' },
  },
  directlinespeech: everywhere({ ...LINKED, sound: 'speak', isTypingShown: false }),
  facebook: everywhere(LINKED),
  sms: everywhere(LINKED),
  telegram: everywhere(LINKED),
  'unheard-of': everywhere(LINKED),
};

type Conversation = { readonly id: string } & Readonly<Record<string, unknown>>;

/** The conversations as Teams names them; most other channels only say whether it is a group. */
const CONVERSATIONS: Readonly<Record<'msteams' | 'others', Readonly<Record<Scope, Conversation>>>> = {
  msteams: {
    personal: { id: 'a:1-2_3', conversationType: 'personal', tenantId: 'tenant-1' },
    group: { id: '19:abc@thread.v2', conversationType: 'groupChat', isGroup: true, tenantId: 'tenant-1' },
    channel: { id: '19:abc@thread.tacv2;messageid=1712345', conversationType: 'channel', isGroup: true },
  },
  others: {
    personal: { id: 'one|to|one', isGroup: false },
    group: { id: 'a room', isGroup: true },
    channel: { id: 'a/channel', conversationType: 'channel', isGroup: true },
  },
};

interface Chat {
  readonly bot: TimedBot;
  readonly rules: TeamsRules;
  readonly fields: {
    readonly channelId: string;
    readonly conversation: Conversation;
    readonly channelData: object;
  };
  /** Resolves with all calls of the next answer, once the given number of messages was sent in this chat. */
  next(messages: number): Promise<readonly ConnectorCall[]>;
}

/** One bot for the chats of a suite, and the next answer of its model. */
class SharedBot {
  bot!: TimedBot;
  turn: () => ScriptedResponse = () => assert.fail('nothing to answer');

  constructor(env: Env = {}) {
    before(async () => {
      this.bot = await startTimedBot({
        env: { PUBLIC_BASE_URL: 'https://bot.example.com', ...env },
        simulator: { responder: () => this.turn() },
      });
    });
    after(() => this.bot.close());
  }
}

/** A separate chat for each call. */
function chatIn(bot: TimedBot, channelId: string, scope: Scope): Chat {
  const rules = new TeamsRules(bot.clock.now);
  bot.connector.rule = channelId === 'msteams' ? rules.rule : () => undefined;
  const conversation = CONVERSATIONS[channelId === 'msteams' ? channelId : 'others'][scope];
  const [earlier, id] = [bot.connector.messages.length, `${conversation.id}-${bot.connector.calls.length}`];
  let seen = bot.connector.calls.length;
  return {
    bot,
    rules,
    fields: {
      channelId,
      conversation: { ...conversation, id },
      // A reply to the bot: in a Telegram group a mention proves nothing.
      channelData: { message: { reply_to_message: { from: { username: 'bot-1' } } } },
    },
    async next(messages) {
      for (const late = AbortSignal.timeout(8_000); bot.connector.messages.length < earlier + messages; ) {
        assert.ok(!late.aborted, `no ${messages} messages`);
        await bot.clock.advance(100);
      }
      // Nothing may follow an answer.
      await bot.clock.advance(30_000);
      const calls = bot.connector.calls.slice(seen);
      seen += calls.length;
      return calls;
    },
  };
}

/** An answer that is held until its user has waited for ten seconds. */
function heldAnswer() {
  const gate = Promise.withResolvers<void>();
  let isAsked = false;
  const turn = (): ScriptedResponse => {
    isAsked = true;
    const pcm = new Uint8Array(96_000);
    return { outputs: [{ text: TEXT, pcm }], ending: { kind: 'completed' }, gate: gate.promise };
  };
  const release = async ({ clock }: TimedBot) => {
    await until(() => isAsked);
    await clock.advance(10_000);
    gate.resolve();
  };
  return { turn, release };
}

const isMessage = ({ body }: ConnectorCall) => body.type === 'message';
const isSign = (call: ConnectorCall) => call.body.type === 'typing' && streamInfo(call) === undefined;
const isPiece = (call: ConnectorCall) => streamInfo(call) !== undefined;

function assertSound({ body }: ConnectorCall, { sound }: Expected): void {
  const { text, speak, attachments = [] } = body;
  const [attachment, ...more] = attachments;
  assert.deepEqual([more, attachment === undefined], [[], sound === 'link' || sound === 'speak']);
  assert.equal(speak, sound === 'speak' ? TEXT : undefined);
  if (sound !== 'link') assert.equal(text, TEXT);
  switch (sound) {
    case 'link':
      assert.match(text, new RegExp(`^Hi \\*\\*there\\*\\*\n\n\\[Listen \\(0:02\\)\\]\\(${PAGE}\\)$`));
      break;
    case 'speak':
      break;
    case 'attachment':
      assert.equal(attachment.contentType, 'audio/wav');
      assert.match(attachment.contentUrl, new RegExp(`^${PAGE}\\.wav$`));
      break;
    case 'card':
    case 'card with Save': {
      assert.equal(attachment.contentType, 'application/vnd.microsoft.card.adaptive');
      const { actions } = attachment.content;
      const save = sound === 'card with Save' ? ['Save .wav'] : [];
      const titles = actions.map(({ title }: { title: string }) => title);
      assert.deepEqual(titles, ['▶ Play 0:02', 'Open in browser', ...save]);
      assert.match(actions[1].url, new RegExp(`^${PAGE}$`));
    }
  }
}

function assertMarks({ body }: ConnectorCall, isMarked: boolean): void {
  const labels = (body.entities ?? []).filter(({ type }: { type: string }) => type === 'https://schema.org/Message');
  assert.equal(labels.length, isMarked ? 1 : 0);
  if (isMarked) assert.deepEqual(labels[0].additionalType, ['AIGeneratedContent']);
  assert.deepEqual(body.channelData?.feedbackLoop, isMarked ? { type: 'default' } : undefined);
}

/** Which chunks of a streaming message need their marks, and which do not. */
function assertStream(calls: readonly ConnectorCall[], { stream }: Expected): void {
  const pieces = calls.filter(isPiece);
  const types = pieces.map((call) => streamInfo(call)?.['streamType']);
  if (stream === 'none') {
    assert.doesNotMatch(JSON.stringify(calls.map(({ body }) => body)), /stream/i);
    return;
  }
  assert.equal(types[0], stream === 'entity' ? 'informative' : 'streaming');
  assert.deepEqual([types.at(-1), pieces.at(-1)], ['final', calls.at(-1)]);
  for (const { body } of pieces) {
    const { type: _, ...info } = streamInfo({ body } as ConnectorCall) ?? {};
    const { streamId, streamType, streamSequence } = body.channelData ?? {};
    assert.deepEqual(
      JSON.parse(JSON.stringify({ streamId, streamType, streamSequence })),
      stream === 'entity' ? {} : info,
    );
  }
}

function assertAddress(calls: readonly ConnectorCall[], { fields: { conversation } }: Chat, id: string): void {
  for (const { method, path, body } of calls) {
    assert.deepEqual([method, body.replyToId, body.conversation.id], ['POST', id, conversation.id]);
    assert.equal(path, `/v3/conversations/${encodeURIComponent(conversation.id)}/activities/${id}`);
  }
}

for (const [channel, row] of Object.entries(ROWS)) {
  describe(channel, { timeout: 60_000 }, () => {
    const shared = new SharedBot();
    for (const scope of SCOPES) {
      const expected = row[scope];

      it(`${scope}: streams at most half of what fits in a message`, () => {
        const { stream, maxTextChars } = capabilitiesOf(channel, scope);
        assert.ok((stream?.maxChars ?? 0) <= maxTextChars / 2);
      });

      it(`${scope}: gets ${expected.sound}, stream: ${expected.stream}, and its own indicators and labels`, async () => {
        const { bot } = shared;
        const held = heldAnswer();
        shared.turn = held.turn;
        const chat = chatIn(bot, channel, scope);
        await bot.says('hello', { id: 'question-1', ...chat.fields });
        await held.release(bot);
        const calls = await chat.next(1);
        const [message, ...more] = calls.filter(isMessage);
        assert.ok(message);
        assert.deepEqual([more, calls.at(-1)], [[], message]);
        assertSound(message, expected);
        assertMarks(message, expected.isMarked);
        assertStream(calls, expected);
        assertAddress(calls, chat, 'question-1');
        const signs = calls.filter(isSign);
        assert.equal(signs.length > 0, expected.isTypingShown, `${signs.length} indicators`);
        for (const { body } of calls.slice(0, -1))
          assert.deepEqual([body.attachments, body.speak], [undefined, undefined]);
        for (const piece of calls.slice(0, -1)) assertMarks(piece, false);
        assert.deepEqual(chat.rules.broken, []);
      });

      it(`${scope}: gets refusals and apologies as plain text, without label and audio`, async () => {
        const { bot } = shared;
        shared.turn = () => failing('invalid_request_error', 'nonsense');
        const chat = chatIn(bot, channel, scope);
        await bot.says(' ', { id: 'question-1', ...chat.fields });
        const refusal = await chat.next(1);
        await bot.says('hello', { id: 'question-2', ...chat.fields });
        const apology = await chat.next(2);
        assert.deepEqual(
          refusal.map(({ body }) => [body.type, body.text]),
          [['message', en.textMissing]],
        );
        assertStream(refusal, LINKED);
        assert.match(apology.at(-1)?.body.text, /\(incident \w+\)$/);
        assertAddress(refusal, chat, 'question-1');
        assertAddress(apology, chat, 'question-2');
        for (const call of [...refusal, ...apology]) {
          assertMarks(call, false);
          assert.equal(call.body.attachments, undefined);
          assert.ok(!isMessage(call) || call.body.speak === (expected.sound === 'speak' ? call.body.text : undefined));
        }
        assert.deepEqual(chat.rules.broken, []);
      });
    }
  });
}

describe('a card without browser links', () => {
  const shared = new SharedBot({ AUDIO_BROWSER_LINKS: 'false' });
  for (const scope of SCOPES) {
    it(`contains no address, nor any part of one (${scope})`, async () => {
      const { bot } = shared;
      const held = heldAnswer();
      shared.turn = held.turn;
      const chat = chatIn(bot, 'msteams', scope);
      await bot.says('hello', chat.fields);
      await held.release(bot);
      const body = (await chat.next(1)).at(-1)?.body;
      assert.equal(body.attachments.length, 1);
      const { $schema, ...card } = body.attachments[0].content;
      assert.equal($schema, 'http://adaptivecards.io/schemas/adaptive-card.json');
      assert.deepEqual(
        card.actions.map(({ type }: { type: string }) => type),
        scope === 'personal' ? ['Action.Submit', 'Action.Submit'] : ['Action.Submit'],
      );
      const { text, channelData } = body;
      const all = JSON.stringify([text, channelData, card]);
      assert.doesNotMatch(all, /https?:|bot\.example|\/audio\/|[\w-]{22}\.\w+\.[\w-]{22}/);
    });
  }
});
