import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Activity } from 'botbuilder';
import { toLink } from '../../src/audio/signed-links.ts';
import { type Capabilities, capabilitiesOf } from '../../src/channel/capabilities.ts';
import { replyActivities, toActivity, withAudio } from '../../src/channel/reply-activities.ts';
import type { ReplyContext } from '../../src/channel/reply-context.ts';
import type { Reply } from '../../src/conversation/reply.ts';
import { de } from '../../src/messages/de.ts';
import { en } from '../../src/messages/en.ts';
import { storedAudio } from '../support/stored-audio.ts';

const BASE = 'https://bot.example.com';
const stored = storedAudio();
const PAGE = `${BASE}/audio/${toLink(stored, stored.expiresAtMs)}`;
const audio = { stored, wav: Buffer.from('RIFF'), durationMs: stored.durationMs };
const NOT_STORED = { ...audio, stored: undefined };
const plain = { type: 'message', text: 'Hi **there**', textFormat: 'markdown' };

/** A channel with room for an inline attachment, unless `capabilities` says otherwise. */
function contextOf(capabilities: Partial<Capabilities>, options: Partial<ReplyContext['options']> = {}): ReplyContext {
  return {
    activity: { serviceUrl: 'https://channel.example.com' } as Activity,
    capabilities: { ...capabilitiesOf('unknown', 'personal'), maxInlineChars: 10_000, ...capabilities },
    messages: en,
    options: { webchatAudio: 'attachment', browserLinks: true, publicBaseUrl: () => BASE, ...options },
    upload: async () => undefined,
  };
}

/** The card of a message that has one. */
function cardOf(message: Partial<Activity>) {
  assert.equal(message.text, plain.text);
  assert.deepEqual(
    message.attachments?.map(({ contentType }) => contentType),
    ['application/vnd.microsoft.card.adaptive'],
  );
  return message.attachments?.[0]?.content;
}

describe('the text of a reply', () => {
  it('is Markdown', () => {
    assert.deepEqual(toActivity({ text: plain.text }, { audio: 'link', labelsAi: false }), plain);
  });

  it('has the AI label and feedback buttons if the channel supports them and the model wrote it', () => {
    const both = { audio: 'link', labelsAi: true } as const;
    const message = toActivity({ text: 'Hi', isFromModel: true }, both);
    assert.deepEqual(
      message.entities?.map(({ type }) => type),
      ['https://schema.org/Message'],
    );
    assert.deepEqual(message.channelData, { feedbackLoop: { type: 'default' } });
    assert.deepEqual(toActivity({ text: plain.text }, both), plain);
  });
});

describe('the sources of a reply on a channel that lists them', () => {
  const facebook = contextOf(capabilitiesOf('facebook', 'personal'));
  const sourcesOf = (urlChars: number) =>
    Array.from({ length: 8 }, (_, at) => ({ title: `Page ${at + 1}`, url: `${BASE}/${at}/`.padEnd(urlChars, 'x') }));
  const textsOf = async (reply: Reply) => (await replyActivities(reply, facebook)).map(({ text = '' }) => text);

  it('are messages of their own if they have no room below the text, and the audio follows', async () => {
    for (const [urlChars, count] of [
      [60, 2],
      [300, 3],
    ] as const) {
      const texts = await textsOf({ text: 'x'.repeat(1_590), sources: sourcesOf(urlChars), audio });
      assert.equal(texts.length, count);
      for (const each of texts) assert.ok(each.length <= 2_000, `${each.length} characters`);
      const all = texts.join('\n');
      assert.deepEqual(
        Array.from(all.matchAll(/^\d\. \[Page (\d)\]\(https:/gm), ([, page]) => page),
        ['1', '2', '3', '4', '5', '6', '7', '8'],
      );
      assert.match(texts.at(-1) ?? '', /\[Listen \(0:04\)\]\(\S+\)$/);
    }
  });

  it('are below the text if they have room, and without a link that has none', async () => {
    const [text, ...others] = await textsOf({ text: 'Hi', sources: sourcesOf(3_000).slice(0, 1), audio });
    assert.equal(text, `Hi\n\n${en.sources.heading}\n\n1. Page 1\n\n[Listen (0:04)](${PAGE})`);
    assert.deepEqual(others, []);
  });
});

describe('the audio of a reply', () => {
  it('is an audio/wav attachment at its page, or inline', async () => {
    for (const [given, contentUrl] of [
      [audio, `${PAGE}.wav`],
      [NOT_STORED, 'data:audio/wav;base64,UklGRg=='],
    ] as const) {
      const attachments = [{ contentType: 'audio/wav', contentUrl, name: 'reply.wav' }];
      const message = await withAudio(plain, given, contextOf({ audio: 'attachment' }));
      assert.deepEqual(message, { ...plain, attachments });
    }
  });

  it('is an AudioCard that does not start automatically', async () => {
    const message = await withAudio(plain, audio, contextOf({ audio: 'attachment' }, { webchatAudio: 'card' }));
    assert.equal(message.text, plain.text);
    assert.equal(message.attachments?.length, 1);
    const [card] = message.attachments ?? [];
    assert.equal(card?.contentType, 'application/vnd.microsoft.card.audio');
    assert.deepEqual(card?.content.media, [{ url: `${PAGE}.wav` }]);
    assert.equal(card?.content.autostart, false);
  });

  it('is a link to its page below the text, never an attachment', async () => {
    for (const webchatAudio of ['attachment', 'card'] as const) {
      const message = await withAudio(plain, audio, contextOf({ audio: 'link' }, { webchatAudio }));
      assert.deepEqual(message, { ...plain, text: `Hi **there**\n\n[Listen (0:04)](${PAGE})` });
    }
  });

  it('is left to a channel that speaks the text itself', async () => {
    const speaking = contextOf({ audio: 'speak' });
    const message = toActivity({ text: plain.text }, speaking.capabilities);
    assert.deepEqual(message, { ...plain, speak: plain.text });
    assert.deepEqual(await withAudio(message, audio, speaking), message);
  });

  it('is a card that plays it in a dialog, opens it in a browser and saves it', async () => {
    const { actions, fallbackText } = cardOf(
      await withAudio(plain, audio, contextOf({ audio: 'playerCard', savesFiles: true })),
    );
    assert.deepEqual(actions, [
      { type: 'Action.Submit', title: '▶ Play 0:04', data: { msteams: { type: 'task/fetch' }, play: stored.id } },
      { type: 'Action.OpenUrl', title: 'Open in browser', url: PAGE },
      { type: 'Action.Submit', title: 'Save .wav', data: { save: stored.id } },
    ]);
    assert.equal(fallbackText, 'Voice reply');
  });

  it("is a card in the user's language, without buttons that are not allowed or not possible", async () => {
    const context = { ...contextOf({ audio: 'playerCard' }, { browserLinks: false }), messages: de };
    const { actions } = cardOf(await withAudio(plain, audio, context));
    assert.deepEqual(
      actions.map(({ title }: { title: string }) => title),
      ['▶ Abspielen 0:04'],
    );
    assert.ok(!JSON.stringify(actions).includes(BASE), 'the card holds no address');
  });

  for (const delivery of ['attachment', 'link', 'playerCard'] as const) {
    it(`is missing if there is no address, and the reply says so if it would have been played (${delivery})`, async () => {
      const context = contextOf({ audio: delivery, savesFiles: true, maxInlineChars: 0 });
      const text = delivery === 'attachment' ? `${plain.text}\n\n${en.audio.notDelivered}` : plain.text;
      assert.deepEqual(await withAudio(plain, NOT_STORED, context), { ...plain, text });
    });
  }

  for (const delivery of ['link', 'playerCard'] as const) {
    it(`is missing if it has no page (${delivery})`, async () => {
      const context = contextOf({ audio: delivery, savesFiles: true }, { publicBaseUrl: () => undefined });
      assert.deepEqual(await withAudio(plain, audio, context), plain);
    });
  }
});
