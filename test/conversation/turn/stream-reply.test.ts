import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MessageAttachment } from '../../../src/conversation/user-message.ts';
import type { Answer } from '../../realtime/fake-model.ts';
import * as wire from '../../realtime/server-events.ts';
import { wavOf } from '../file-bot.ts';
import { turn } from '../recordings-under-test.ts';
import { start } from './attempt-under-test.ts';

const TRANSCRIBED = 'conversation.item.input_audio_transcription.completed';
const HEARD = 'You said: “good morning”';

/** The text of the reply to a voice message whose transcript comes `lateMs` after the first words of the answer. */
async function replyTo({ lateMs, shows }: { lateMs: number; shows: boolean }): Promise<string | undefined> {
  const answer: Answer = async (connection, name) => {
    const at = { response: `resp_${name}` };
    connection.receive({ type: 'input_audio_buffer.committed', item_id: 'clip' });
    connection.receive(wire.created({ ...at, turn: name }), wire.transcriptDelta('Hello', at));
    await clock.advance(lateMs);
    connection.receive(wire.transcriptDelta(' there', at));
    connection.receive({ type: TRANSCRIBED, item_id: 'clip', transcript: 'good morning' });
    connection.receive(wire.audioDelta([1, 2], at), wire.done({ ...at, turn: name }));
  };
  const attachments: MessageAttachment[] = [];
  const { clock, services, result, replies } = start({ answers: [answer], shows, message: turn('', { attachments }) });
  const sound = { wav: await wavOf(500), durationMs: 500, text: '', conversation: 'emulator/a', locale: undefined };
  const recording = await services.audioStore.save(sound);
  attachments.push({ kind: 'recording', audioId: recording?.id ?? '' });
  Object.assign(services, { settings: { ...services.settings, transcriptionModel: 'whisper' } });
  assert.equal((await result()).kind, 'answered');
  return replies[0]?.text;
}

describe('the transcript above an answer', () => {
  it('is left out if it comes late and the beginning of the answer is shown already', async () => {
    assert.equal(await replyTo({ lateMs: 1_000, shows: true }), `${HEARD}\n\nHello there`);
    assert.equal(await replyTo({ lateMs: 2_000, shows: true }), 'Hello there');
  });

  it('may come late where the answer is not shown while it is made', async () => {
    assert.equal(await replyTo({ lateMs: 2_000, shows: false }), `${HEARD}\n\nHello there`);
  });
});
