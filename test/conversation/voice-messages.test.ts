import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Ending, Responder } from '../../dev/simulator/responder.ts';
import { fileBot, wavOf } from './file-bot.ts';

const MP3 = readFileSync(new URL('../audio/clips/mono-44k1.mp3', import.meta.url));

type Talk = ReturnType<ReturnType<typeof fileBot>>;

const typesOf = (content: readonly { type: string }[] = []) => content.map(({ type }) => type);

/** The history that a new session got. */
function toldAgain({ events }: Talk): string {
  const told = events().filter(({ from, event }) => from === 'client' && event['previous_item_id'] === 'root');
  return JSON.stringify(told);
}

describe('a voice message', () => {
  const talk = fileBot();

  it('is heard, and answered with text and audio', async () => {
    const { says, messages, itemsSent } = talk({ '/clip.wav': await wavOf(2_000) });
    assert.equal(await says(undefined, '/clip.wav'), 'I heard 2.0 seconds of sound; its loudest tone is about 440 Hz.');
    assert.equal(messages()[0]?.body.attachments[0].contentType, 'audio/wav');
    assert.deepEqual(itemsSent().map(typesOf), [['input_audio']]);
  });

  it('is recognized as MP3 by its content, whatever its name, next to a text', async () => {
    const { says, itemsSent } = talk({ '/notes.txt': MP3 });
    assert.match(await says('hello', '/notes.txt'), /^Hello! .*\nI heard \d\.\d seconds of sound/s);
    assert.deepEqual(typesOf(itemsSent()[0]), ['input_text', 'input_audio']);
  });

  it('is remembered as sent', async () => {
    const talking = talk({ '/clip.wav': await wavOf(7_000) });
    await talking.says(undefined, '/clip.wav');
    // A session cannot be asked what it has heard, so the test reads what a new one is told.
    await talking.says('/voice coral');
    await talking.says('hello');
    assert.match(toldAgain(talking), /\(voice message, 0:07\)/);
  });
});

describe('the transcript of a voice message', () => {
  const talk = fileBot({ env: { REALTIME_TRANSCRIPTION_MODEL: 'whisper' } });
  const clip = () => wavOf(500);

  it('is shown above the answer and remembered', async () => {
    const talking = talk({ '/clip.wav': await wavOf(2_000) });
    const answer = await talking.says('hello', '/clip.wav');
    assert.match(answer, /^You said: “a tone of about 440 Hz for 2\.0 seconds”\n\nHello!/);
    const types = talking.events().flatMap(({ from, event }) => (from === 'client' ? [event['type']] : []));
    assert.ok(types.includes('input_audio_buffer.append') && types.includes('input_audio_buffer.commit'));
    assert.ok(types.indexOf('conversation.item.create') < types.indexOf('input_audio_buffer.append'));
    await talking.says('/voice coral');
    await talking.says('hello again');
    assert.match(toldAgain(talking), /voice message, 0:02: .{0,8}a tone of about 440 Hz/);
  });

  for (const [name, transcription, shown] of [
    ['shown if it arrives after the answer', { text: 'good morning', afterDone: true, delayMs: 50 }, true],
    ['shown if it arrives at once', { text: 'good morning' }, true],
    ['left out if transcription fails', { fails: true }, false],
  ] as const) {
    it(`is ${name}`, async () => {
      const responder: Responder = () => ({
        outputs: [{ text: 'Good morning!' }],
        ending: { kind: 'completed' },
        transcription,
      });
      const { says } = talk({ '/clip.wav': await clip() }, responder);
      assert.equal(await says(undefined, '/clip.wav'), `${shown ? 'You said: “good morning”\n\n' : ''}Good morning!`);
    });
  }

  it('is that of the attempt that was answered', async () => {
    const failed: Ending = {
      kind: 'failed',
      error: { type: 'server_error', code: 'server_error', message: 'The server had an error.' },
    };
    let attempts = 0;
    const responder: Responder = () =>
      ++attempts === 1
        ? { outputs: [], ending: failed, transcription: { text: 'first' } }
        : { outputs: [{ text: 'Good morning!' }], ending: { kind: 'completed' }, transcription: { text: 'second' } };
    const { says, calls } = talk({ '/clip.wav': await clip() }, responder);
    assert.equal(await says(undefined, '/clip.wav'), 'You said: “second”\n\nGood morning!');
    assert.equal(attempts, 2);
    assert.doesNotMatch(JSON.stringify(calls().map(({ body }) => body)), /first/);
  });

  it('is missing for a clip that is too short for it, which the model still gets', async () => {
    const { says, itemsSent } = talk({ '/click.wav': await wavOf(50) });
    assert.match(await says('hello', '/click.wav'), /^Hello! /);
    assert.deepEqual(typesOf(itemsSent()[0]), ['input_text', 'input_audio']);
  });

  it('covers all clips of a message', async () => {
    const { says } = talk({ '/a.wav': await clip(), '/b.wav': await wavOf(1_000, 880) });
    assert.match(await says(undefined, '/a.wav', '/b.wav'), /^You said: “.*440 Hz.* .*880 Hz.*”\n\n/);
  });

  it('names its speaker if there are several users', async () => {
    const { posts, texts, host, conversation } = talk({ '/clip.wav': await clip() });
    const attachments = [{ contentType: 'audio/wav', contentUrl: host.url.replace('/file', '/clip.wav') }];
    await posts(undefined, attachments, { conversation: { ...conversation, isGroup: true } });
    assert.match((await texts(1))[0] ?? '', /^Ada said: “/);
  });
});
