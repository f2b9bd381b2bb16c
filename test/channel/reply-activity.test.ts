import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toMessage, withAudio } from '../../src/channel/reply-activity.ts';
import { de } from '../../src/messages/de.ts';
import { en } from '../../src/messages/en.ts';
import { storedAudio } from '../support/stored-audio.ts';

const PAGE = 'https://bot.example.com/audio/link';
const HOSTED = { wavUrl: `${PAGE}.wav`, pageUrl: PAGE };
const INLINE = { wavUrl: 'data:audio/wav;base64,UklGRg==', pageUrl: undefined };
const STYLE = { webchatAudio: 'attachment', browserLinks: true } as const;

const stored = storedAudio();
const audio = { stored, wav: Buffer.from('RIFF'), durationMs: stored.durationMs };
const plain = { type: 'message', text: 'Hi **there**', textFormat: 'markdown' };
const PLAYER = { audio: 'playerCard', savesFiles: false } as const;

/** The card of a message that has one. */
function cardOf(message: ReturnType<typeof withAudio>) {
  assert.equal(message.text, plain.text);
  assert.deepEqual(
    message.attachments?.map(({ contentType }) => contentType),
    ['application/vnd.microsoft.card.adaptive'],
  );
  return message.attachments?.[0]?.content;
}

describe('the text of a reply', () => {
  it('is Markdown', () => {
    assert.deepEqual(toMessage({ text: plain.text }, { audio: 'link', labelsAi: false }), plain);
  });

  it('has the AI label and feedback buttons if the channel supports them and the model wrote it', () => {
    const both = { audio: 'link', labelsAi: true } as const;
    const message = toMessage({ text: 'Hi', isFromModel: true }, both);
    assert.deepEqual(
      message.entities?.map(({ type }) => type),
      ['https://schema.org/Message'],
    );
    assert.deepEqual(message.channelData, { feedbackLoop: { type: 'default' } });
    assert.deepEqual(toMessage({ text: plain.text }, both), plain);
  });
});

describe('the audio of a reply', () => {
  it('is an audio/wav attachment', () => {
    const capabilities = { audio: 'attachment', savesFiles: false } as const;
    for (const source of [HOSTED, INLINE]) {
      const attachments = [{ contentType: 'audio/wav', contentUrl: source.wavUrl, name: 'reply.wav' }];
      assert.deepEqual(withAudio(plain, audio, source, capabilities, STYLE, en), { ...plain, attachments });
    }
  });

  it('is an AudioCard that does not start automatically', () => {
    const capabilities = { audio: 'attachment', savesFiles: false } as const;
    const message = withAudio(plain, audio, HOSTED, capabilities, { ...STYLE, webchatAudio: 'card' }, en);
    assert.equal(message.text, plain.text);
    assert.equal(message.attachments?.length, 1);
    const [card] = message.attachments ?? [];
    assert.equal(card?.contentType, 'application/vnd.microsoft.card.audio');
    assert.deepEqual(card?.content.media, [{ url: HOSTED.wavUrl }]);
    assert.equal(card?.content.autostart, false);
  });

  it('is a link to its page below the text, never an attachment', () => {
    for (const webchatAudio of ['attachment', 'card'] as const) {
      const message = withAudio(
        plain,
        audio,
        HOSTED,
        { audio: 'link', savesFiles: false },
        { ...STYLE, webchatAudio },
        en,
      );
      assert.deepEqual(message, { ...plain, text: `Hi **there**\n\n[Listen (0:04)](${PAGE})` });
    }
  });

  it('is left to a channel that speaks the text itself', () => {
    const speaking = { audio: 'speak', labelsAi: false, savesFiles: false } as const;
    const message = toMessage({ text: plain.text }, speaking);
    assert.deepEqual(message, { ...plain, speak: plain.text });
    assert.deepEqual(withAudio(message, audio, HOSTED, speaking, STYLE, en), message);
  });

  it('is a card that plays it in a dialog, opens it in a browser and saves it', () => {
    const { actions, fallbackText } = cardOf(
      withAudio(plain, audio, HOSTED, { ...PLAYER, savesFiles: true }, STYLE, en),
    );
    assert.deepEqual(actions, [
      { type: 'Action.Submit', title: '▶ Play 0:04', data: { msteams: { type: 'task/fetch' }, play: stored.id } },
      { type: 'Action.OpenUrl', title: 'Open in browser', url: PAGE },
      { type: 'Action.Submit', title: 'Save .wav', data: { save: stored.id } },
    ]);
    assert.equal(fallbackText, 'Voice reply');
  });

  it("is a card in the user's language, without buttons that are not allowed or not possible", () => {
    const style = { ...STYLE, browserLinks: false };
    const { actions } = cardOf(withAudio(plain, audio, HOSTED, PLAYER, style, de));
    assert.deepEqual(
      actions.map(({ title }: { title: string }) => title),
      ['▶ Abspielen 0:04'],
    );
    assert.ok(!JSON.stringify(actions).includes(PAGE), 'the card holds no address');
  });

  for (const delivery of ['attachment', 'link', 'playerCard'] as const) {
    it(`is missing if there is no address, and the reply says so if it would have been played (${delivery})`, () => {
      const capabilities = { audio: delivery, savesFiles: true };
      const text = delivery === 'attachment' ? `${plain.text}\n\n${en.audio.notDelivered}` : plain.text;
      assert.deepEqual(withAudio(plain, audio, undefined, capabilities, STYLE, en), { ...plain, text });
    });
  }

  for (const delivery of ['link', 'playerCard'] as const) {
    it(`is missing if it has no page (${delivery})`, () => {
      assert.deepEqual(withAudio(plain, audio, INLINE, { audio: delivery, savesFiles: true }, STYLE, en), plain);
    });
  }
});
