import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MessageAttachment } from '../../../src/conversation/user-message.ts';
import type { Answer } from '../../realtime/fake-model.ts';
import * as wire from '../../realtime/server-events.ts';
import { wavOf } from '../file-bot.ts';
import { turn } from '../recordings-under-test.ts';
import { start } from './attempt-under-test.ts';

const COMMITTED = 'input_audio_buffer.committed';
const TRANSCRIBED = 'conversation.item.input_audio_transcription.completed';
/** Before the first retry, where `random` is 0. */
const BACKOFF_MS = 375;
const HEARD = 'You said: “good morning”';

/** One attempt at the answer to voice messages of half a second, with transcripts. */
async function startTranscribed(clipCount: number, answers: readonly Answer[], shows: boolean) {
  const attachments: MessageAttachment[] = [];
  const attempt = start({ answers, shows, message: turn('', { attachments }) });
  const { services } = attempt;
  const sound = { wav: await wavOf(500), durationMs: 500, text: '', conversation: 'emulator/a', locale: undefined };
  for (let count = 0; count < clipCount; count++) {
    const recording = await services.audioStore.save(sound);
    attachments.push({ kind: 'recording', audioId: recording?.id ?? '' });
  }
  Object.assign(services, { settings: { ...services.settings, transcriptionModel: 'whisper' } });
  return attempt;
}

/** The text of the reply to a voice message whose transcript comes `lateMs` after the first words of the answer. */
async function replyTo({ lateMs, shows }: { lateMs: number; shows: boolean }): Promise<string | undefined> {
  const answer: Answer = async (connection, name) => {
    const at = { response: `resp_${name}` };
    connection.receive({ type: COMMITTED, item_id: 'clip' });
    connection.receive(wire.created({ ...at, turn: name }), wire.transcriptDelta('Hello', at));
    await clock.advance(lateMs);
    connection.receive(wire.transcriptDelta(' there', at));
    connection.receive({ type: TRANSCRIBED, item_id: 'clip', transcript: 'good morning' });
    connection.receive(wire.audioDelta([1, 2], at), wire.done({ ...at, turn: name }));
  };
  const { clock, result, replies } = await startTranscribed(1, [answer], shows);
  assert.equal((await result()).kind, 'answered');
  return replies[0]?.text;
}

describe('the transcript above an answer', () => {
  it('is left out if it comes late and the beginning of the answer is shown already', async () => {
    assert.equal(await replyTo({ lateMs: 1_000, shows: true }), `${HEARD}\n\nHello there`);
    assert.equal(await replyTo({ lateMs: 2_000, shows: true }), 'Hello there');
  });

  it('is that of the second request if the first was lost after one of two clips', async () => {
    const lost: Answer = (connection) => {
      connection.receive({ type: COMMITTED, item_id: 'lost' });
      connection.drop();
    };
    const whole: Answer = async (connection, name) => {
      const at = { response: `resp_${name}` };
      for (const clip of ['good', 'morning']) {
        connection.receive({ type: COMMITTED, item_id: clip });
        connection.receive({ type: TRANSCRIBED, item_id: clip, transcript: clip });
      }
      connection.receive(wire.created({ ...at, turn: name }), wire.transcriptDelta('Hello', at));
      await clock.advance(2_000);
      connection.receive(wire.transcriptDelta(' there', at));
      connection.receive(wire.audioDelta([1, 2], at), wire.done({ ...at, turn: name }));
    };
    const { clock, result, replies } = await startTranscribed(2, [lost, whole], true);
    const ended = result();
    await clock.whenWaiting(BACKOFF_MS);
    await clock.advance(BACKOFF_MS);
    assert.equal((await ended).kind, 'answered');
    assert.equal(replies[0]?.text, `${HEARD}\n\nHello there`);
  });

  it('may come late where the answer is not shown while it is made', async () => {
    assert.equal(await replyTo({ lateMs: 2_000, shows: false }), `${HEARD}\n\nHello there`);
  });
});
