import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capabilitiesOf } from '../../src/channel/capabilities.ts';
import { en } from '../../src/messages/en.ts';
import { failing } from '../conversation/timed-bot.ts';
import type { ConnectorCall } from '../support/fake-connector.ts';
import { streamInfo } from '../support/teams-rules.ts';
import { type Chat, chatIn, heldAnswer, SCOPES, type Scope, SharedBot, TEXT } from './table-chats.ts';

const PAGE = String.raw`https://bot\.example\.com/audio/[\w-]{22}\.\w+\.[\w-]{22}`;

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

const isMessage = ({ body }: ConnectorCall) => body.type === 'message';
const isSign = (call: ConnectorCall) => call.body.type === 'typing' && streamInfo(call) === undefined;
const isChunk = (call: ConnectorCall) => streamInfo(call) !== undefined;

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
  const chunks = calls.filter(isChunk);
  const types = chunks.map((call) => streamInfo(call)?.['streamType']);
  if (stream === 'none') {
    assert.doesNotMatch(JSON.stringify(calls.map(({ body }) => body)), /stream/i);
    return;
  }
  assert.equal(types[0], stream === 'entity' ? 'informative' : 'streaming');
  assert.deepEqual([types.at(-1), chunks.at(-1)], ['final', calls.at(-1)]);
  for (const { body } of chunks) {
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
        const { streamRules, maxTextChars } = capabilitiesOf(channel, scope);
        assert.ok((streamRules?.maxChars ?? 0) <= maxTextChars / 2);
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
        assert.deepEqual(chat.rules.violations, []);
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
        assert.deepEqual(chat.rules.violations, []);
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
