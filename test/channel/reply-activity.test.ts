import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toActivity, urlOf } from '../../src/channel/reply-activity.ts';

const URL_OF_AUDIO = 'https://bot.example.com/audio/id.wav';
const wav = Buffer.from('RIFF and so on');

function audio(durationMs = 4_200) {
  return { id: 'id', wav, durationMs };
}

const reply = { text: 'Hi **there**', audio: audio() };
const plain = { type: 'message', text: 'Hi **there**', textFormat: 'markdown' };

describe('toActivity', () => {
  it('gives the text and an audio/wav attachment', () => {
    assert.deepEqual(toActivity(reply, { audio: 'attachment', marksAi: false }, URL_OF_AUDIO, 'attachment'), {
      ...plain,
      attachments: [{ contentType: 'audio/wav', contentUrl: URL_OF_AUDIO, name: 'reply.wav' }],
    });
  });

  it('gives the text and an AudioCard that does not start by itself', () => {
    const activity = toActivity(reply, { audio: 'attachment', marksAi: false }, URL_OF_AUDIO, 'card');
    assert.equal(activity.text, reply.text);
    assert.equal(activity.attachments?.length, 1);
    const [card] = activity.attachments ?? [];
    assert.equal(card?.contentType, 'application/vnd.microsoft.card.audio');
    assert.deepEqual(card?.content.media, [{ url: URL_OF_AUDIO }]);
    assert.equal(card?.content.autostart, false);
  });

  it('gives the text and a link below it, never an attachment', () => {
    for (const kind of ['attachment', 'card'] as const) {
      assert.deepEqual(toActivity(reply, { audio: 'link', marksAi: false }, URL_OF_AUDIO, kind), {
        ...plain,
        text: `Hi **there**\n\n[Listen (0:04)](${URL_OF_AUDIO})`,
      });
    }
  });

  for (const [durationMs, shown] of [
    [0, '0:01'],
    [400, '0:01'],
    [59_499, '0:59'],
    [59_500, '1:00'],
    [61_000, '1:01'],
    [754_000, '12:34'],
    [3_600_000, '60:00'],
  ] as const) {
    it(`says ${shown} of ${durationMs} ms`, () => {
      const { text } = toActivity(
        { text: 'Hi', audio: audio(durationMs) },
        { audio: 'link', marksAi: false },
        URL_OF_AUDIO,
        'card',
      );
      assert.equal(text, `Hi\n\n[Listen (${shown})](${URL_OF_AUDIO})`);
    });
  }

  it('gives the text to be spoken, and no audio', () => {
    assert.deepEqual(toActivity(reply, { audio: 'speak', marksAi: false }, URL_OF_AUDIO, 'attachment'), {
      ...plain,
      speak: reply.text,
    });
  });

  for (const delivery of ['attachment', 'link'] as const) {
    it(`gives the text alone where there is no address (${delivery})`, () => {
      assert.deepEqual(toActivity(reply, { audio: delivery, marksAi: false }, undefined, 'attachment'), plain);
      assert.deepEqual(toActivity(reply, { audio: delivery, marksAi: false }, undefined, 'card'), plain);
    });

    it(`gives the text alone where there is no audio (${delivery})`, () => {
      assert.deepEqual(
        toActivity({ ...reply, audio: undefined }, { audio: delivery, marksAi: false }, URL_OF_AUDIO, 'attachment'),
        plain,
      );
    });
  }
});

describe('urlOf', () => {
  it('is the hosted address', () => {
    assert.equal(urlOf({ kind: 'url', url: URL_OF_AUDIO }, audio()), URL_OF_AUDIO);
  });

  it('is a data: address with all of the WAV', () => {
    const url = urlOf({ kind: 'inline' }, audio()) ?? '';
    const [head, data = ''] = url.split(',');
    assert.equal(head, 'data:audio/wav;base64');
    assert.ok(Buffer.from(data, 'base64').equals(wav));
  });

  it('is none for what has to be uploaded, or is nowhere', () => {
    assert.equal(urlOf({ kind: 'upload' }, audio()), undefined);
    assert.equal(urlOf({ kind: 'none' }, audio()), undefined);
  });
});
