import assert from 'node:assert/strict';
import { toPcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';
import { messagesFor } from '../../src/messages/messages.ts';
import type { BotUnderTest } from './bot.ts';
import { toneOf } from './pitch.ts';

/** Half a second of audio. */
export const RECORDED_PCM = toneOf(440, 0.5);

/** Requests the recording page with `/talk`. Resolves with its address, on a channel that gets it as a link. */
export async function requestRecordingLink(bot: BotUnderTest, fields: Record<string, unknown> = {}): Promise<string> {
  const before = bot.connector.messages.length;
  assert.equal((await bot.says('/talk', fields)).status, 200);
  const reply = (await bot.connector.whenMessages(before + 1))[before];
  const { open } = messagesFor(String(fields['locale'] ?? 'en')).recording;
  const [text = '', link = ''] = String(reply?.body.text).split(`\n\n[${open}](`);
  assert.ok(text !== '' && link.endsWith(')'), String(reply?.body.text));
  return link.slice(0, -1);
}

/** Uploads a recording as the page does. */
export async function uploadRecording(
  url: string,
  body?: Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'audio/wav', ...headers },
    body: new Uint8Array(body ?? (await encodeWav(toPcm([RECORDED_PCM])))),
  });
}

/** The clips sent to the model so far. */
export function clipsOf({ events }: BotUnderTest): Buffer[] {
  return events.flatMap(({ from, event }) => {
    if (from !== 'client' || event['type'] !== 'conversation.item.create') return [];
    const { content } = event['item'] as { content: { type: string; audio?: string }[] };
    return content.flatMap(({ type, audio = '' }) => (type === 'input_audio' ? [Buffer.from(audio, 'base64')] : []));
  });
}
