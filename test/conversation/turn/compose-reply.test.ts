import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AudioStore, NewAudio } from '../../../src/audio/audio-store.ts';
import { type Pcm, toPcm } from '../../../src/audio/pcm.ts';
import { toReply } from '../../../src/conversation/turn/compose-reply.ts';
import { TURN_ERRORS, TurnError, type TurnErrorCode } from '../../../src/errors.ts';
import { randomIds } from '../../../src/ids.ts';
import { createLogger } from '../../../src/log.ts';
import type { CutShortReason, Outcome } from '../../../src/realtime/outcome.ts';
import { emptyAudioStore, storedAudio } from '../../support/stored-audio.ts';
import { saying } from '../saying.ts';
import { attemptAt } from './attempt-under-test.ts';

const SECOND: Pcm = toPcm([Uint8Array.from({ length: 48_000 }, (_, index) => index % 251)]);
const SILENCE: Pcm = toPcm([]);

function shelf(
  save: AudioStore['save'] = async ({ wav, ...sound }) =>
    storedAudio({ ...sound, byteLength: wav.byteLength, id: 'audio-1' }),
) {
  const saved: NewAudio[] = [];
  const audioStore = emptyAudioStore({
    save(sound) {
      saved.push(sound);
      return save(sound);
    },
  });
  const lines: string[] = [];
  const log = createLogger('debug', { write: (line: string) => void lines.push(line) });
  const reply = (outcome: Outcome, locale?: string) => {
    const message = saying('1', { key: 'webchat/1', locale });
    const ids = { ...randomIds, incident: () => 'cafe0123' };
    return toReply(outcome, attemptAt(message, { audioStore, log, ids }));
  };
  return { saved, lines, reply };
}

const cutShort = (why: CutShortReason, text = 'Once upon', pcm = SECOND): Outcome => ({
  kind: 'cutShort',
  text,
  pcm,
  why,
});

describe('the reply to a spoken answer', () => {
  it('contains its text and its stored audio', async () => {
    const { saved, reply } = shelf();
    const { text, audio } = await reply({ kind: 'spoken', text: 'Hi there', pcm: SECOND });
    assert.equal(text, 'Hi there');
    assert.deepEqual([audio?.stored?.id, audio?.durationMs, audio?.wav.length], ['audio-1', 1_000, 48_044]);
    const kept = { wav: audio?.wav, durationMs: 1_000, text: 'Hi there', conversation: 'webchat/1', locale: undefined };
    assert.deepEqual(saved, [kept]);
  });

  it('has a text even if there is no transcript', async () => {
    const { text, audio } = await shelf().reply({ kind: 'spoken', text: '', pcm: SECOND });
    assert.equal(text, '(voice reply)');
    assert.ok(audio);
  });

  it('has audio without an id if the store has no room for it', async () => {
    const { audio } = await shelf(async () => undefined).reply({ kind: 'spoken', text: 'Hi', pcm: SECOND });
    assert.equal(audio?.stored, undefined);
    assert.equal(audio?.wav.length, 48_044);
  });

  it('is sent even if its audio cannot be stored', async () => {
    const broken: AudioStore['save'][] = [
      () => Promise.reject(new Error('disk full')),
      () => {
        throw new Error('disk full');
      },
    ];
    for (const save of broken) {
      const { lines, reply } = shelf(save);
      assert.equal((await reply({ kind: 'spoken', text: 'Hi', pcm: SECOND })).text, 'Hi');
      assert.match(lines.join(''), /reply audio not (stored|made)/);
    }
  });
});

describe('the reply to a written answer', () => {
  it('is only its text, without an apology', async () => {
    const { saved, reply } = shelf();
    assert.deepEqual(await reply({ kind: 'textOnly', text: 'Just text' }), {
      text: 'Just text',
      isFromModel: true,
    });
    assert.deepEqual(saved, []);
  });
});

describe('the reply to an interrupted answer', () => {
  for (const why of ['length', 'lost', 'cancelled'] as const) {
    it(`contains the text so far, one sentence, and the audio (${why})`, async () => {
      const { text, audio } = await shelf().reply(cutShort(why));
      assert.match(text, /^Once upon\n\n\([^\n]+\)$/);
      assert.equal(audio?.wav.length, 48_044);
    });

    it(`keeps with the audio only the spoken words (${why})`, async () => {
      const { saved, reply } = shelf();
      await reply(cutShort(why));
      assert.equal(saved[0]?.text, 'Once upon');
    });
  }

  for (const why of ['length', 'lost'] as const) {
    it(`is only the sentence if there was no text (${why})`, async () => {
      const { text, audio } = await shelf().reply(cutShort(why, '', SILENCE));
      assert.match(text, /^\([^\n]+\)$/);
      assert.equal(audio, undefined);
    });
  }

  it('gives different reasons in different words', async () => {
    const texts = await Promise.all(
      (['length', 'lost', 'filter', 'cancelled'] as const).map((why) => shelf().reply(cutShort(why))),
    );
    assert.equal(new Set(texts.map(({ text }) => text)).size, 4);
  });

  it('withholds the text and the audio that the filter stopped', async () => {
    const { saved, reply } = shelf();
    const { text, audio } = await reply(cutShort('filter', 'Something bad'));
    assert.doesNotMatch(text, /bad/);
    assert.match(text, /content rules/);
    assert.equal(audio, undefined);
    assert.deepEqual(saved, []);
  });

  it('is empty if the user stopped it before its first word', async () => {
    const { saved, reply } = shelf();
    const stopped = cutShort('cancelled', '', SILENCE);
    assert.deepEqual(await reply(stopped), { text: '', isFromModel: true });
    assert.deepEqual(saved, []);
  });
});

describe('the reply to a failure', () => {
  for (const code of Object.keys(TURN_ERRORS) as TurnErrorCode[]) {
    it(`gives advice for ${code}, with the incident id and no internal details`, async () => {
      const error = new TurnError(code, 'secret-host answered with secret-status');
      const { text, audio } = await shelf().reply({ kind: 'failed', error });
      assert.match(text, /^[A-Z][^(]+(Please|please)[^(]+\. \(incident cafe0123\)$/);
      assert.doesNotMatch(text, /secret/);
      assert.equal(audio, undefined);
    });
  }

  it('does not suggest another try if only the operator can fix the cause', async () => {
    for (const code of ['unauthorized', 'forbidden', 'deployment_not_found', 'settings_rejected'] as const) {
      const { text } = await shelf().reply({ kind: 'failed', error: new TurnError(code, 'no') });
      assert.match(text, /tell the person who runs this bot/);
      assert.doesNotMatch(text, /again/);
    }
  });
});

describe('the reply in German', () => {
  it("contains everything except the model's own words in German", async () => {
    const { reply } = shelf();
    const error = new TurnError('rate_limited', 'busy');
    assert.match((await reply({ kind: 'failed', error }, 'de-AT')).text, /Bitte .* \(Vorfall cafe0123\)$/);
    assert.equal((await reply({ kind: 'spoken', text: '', pcm: SECOND }, 'de')).text, '(gesprochene Antwort)');
    assert.match((await reply(cutShort('length'), 'DE-de')).text, /^Once upon\n\n\(Ich habe hier aufgehört/);
  });
});
