import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { simulatedResponder } from '../../dev/simulator/rules.ts';
import { toPcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';
import { MAX_WAITING } from '../../src/conversation/queue/turn-queue.ts';
import { messagesFor } from '../../src/messages/messages.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { clipsOf, RECORDED_PCM, requestRecordingLink, uploadRecording } from '../support/recording-link.ts';
import { assertRefusal, sendRaw } from './raw-request.ts';

const en = messagesFor('en');
const de = messagesFor('de');
const MINUTE_MS = 60_000;

async function started(t: TestContext, options: BotUnderTestOptions = {}) {
  const clock = new ManualClock();
  const bot = await startBot({ deps: { clock }, ...options });
  t.after(() => bot.close());
  return { bot, clock };
}

async function assertRefused(response: Response, status: number, code: string, message: string): Promise<void> {
  assert.equal(response.status, status);
  const text = await response.text();
  assertRefusal(text, code);
  assert.equal(JSON.parse(text).message, message);
}

const UNREADABLE = () => en.recording.unreadable;
const NO_WAV = 'The body has to be audio/wav.';
const NO_CODING = 'Compressed bodies are not accepted; send it without Content-Encoding.';

describe('POST /record/<link>', () => {
  it('makes a recording the next message of the user who asked for the link', async (t) => {
    const { bot } = await started(t, { turns: ['I heard you'] });
    const url = await requestRecordingLink(bot, { from: { id: 'user-7', name: 'Eve' } });
    const response = await uploadRecording(url);
    assert.equal(response.status, 202);
    assert.deepEqual(await response.json(), {});
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const [, reply] = await bot.connector.whenMessages(2);
    assert.equal(reply?.body.text, 'I heard you');
    assert.equal(reply?.body.recipient.id, 'user-7');
    assert.deepEqual(clipsOf(bot), [RECORDED_PCM]);
  });

  it('accepts one recording, and confirms a retry of the same one', async (t) => {
    const { bot } = await started(t, { turns: ['One'] });
    const url = await requestRecordingLink(bot);
    assert.equal((await uploadRecording(url)).status, 202);
    await bot.connector.whenMessages(2);
    await assertRefused(await uploadRecording(url), 404, 'not_found', en.recording.ended);
    assert.equal((await fetch(url)).status, 404);
  });

  it('accepts one of two concurrent recordings', async (t) => {
    const { bot } = await started(t, { turns: ['One'] });
    const url = await requestRecordingLink(bot);
    const responses = await Promise.all([uploadRecording(url), uploadRecording(url), uploadRecording(url)]);
    assert.deepEqual(responses.map(({ status }) => status).sort(), [202, 409, 409]);
    await bot.connector.whenMessages(2);
    assert.equal(clipsOf(bot).length, 1);
  });

  it("ends with the user's next link in the same conversation", async (t) => {
    const { bot } = await started(t, { turns: ['One', 'Two'] });
    const elsewhere = await requestRecordingLink(bot, { conversation: { id: 'conversation-2' } });
    const [earlier, last] = [await requestRecordingLink(bot), await requestRecordingLink(bot)];
    assert.equal((await fetch(earlier)).status, 404);
    await assertRefused(await uploadRecording(earlier), 404, 'not_found', en.recording.ended);
    for (const url of [last, elsewhere]) assert.equal((await uploadRecording(url)).status, 202);
    await bot.connector.whenMessages(5);
  });

  it('opens for ten minutes, and for ten more accepts recordings begun in time', async (t) => {
    const { bot, clock } = await started(t, { turns: ['In time'] });
    const [url, other] = [
      await requestRecordingLink(bot),
      await requestRecordingLink(bot, { conversation: { id: 'conversation-2' } }),
    ];
    await clock.advance(10 * MINUTE_MS - 1);
    // The page lets no recording begin that could not be sent any more.
    assert.match(await (await fetch(url)).text(), /leftToBeginMs&quot;:1,/);
    await clock.advance(1);
    assert.equal((await fetch(url)).status, 404);
    await clock.advance(10 * MINUTE_MS - 1);
    assert.equal((await uploadRecording(url)).status, 202);
    await clock.advance(1);
    await assertRefused(await uploadRecording(other), 404, 'not_found', en.recording.ended);
    await bot.connector.whenMessages(3);
  });

  it('ends with the conversation', async (t) => {
    const { bot } = await started(t);
    const [here, there] = [
      await requestRecordingLink(bot),
      await requestRecordingLink(bot, { conversation: { id: 'conversation-2' } }),
    ];
    await bot.says('/forget yes');
    await bot.connector.whenMessages(3);
    assert.equal((await fetch(here)).status, 404);
    await assertRefused(await uploadRecording(here), 404, 'not_found', en.recording.ended);
    assert.equal((await fetch(there)).status, 200);
    const removed = {
      type: 'conversationUpdate',
      membersRemoved: [{ id: 'bot-1' }],
      conversation: { id: 'conversation-2' },
    };
    await bot.post(bot.message(undefined, removed));
    await assertGone(there);
  });

  it("rejects more than three minutes of audio, in the user's language", async (t) => {
    const { bot } = await started(t);
    const url = await requestRecordingLink(bot, { locale: 'de' });
    const wav = await encodeWav(toPcm([Buffer.alloc(182 * 48_000)]));
    await assertRefused(await uploadRecording(url, wav), 413, 'too_large', de.attachments.notRead.too_long(undefined));
    assert.equal((await fetch(url)).status, 200);
  });

  it('accepts three minutes of audio', async (t) => {
    const { bot } = await started(t, { turns: ['That was long'] });
    const wav = await encodeWav(toPcm([Buffer.alloc(180 * 48_000)]));
    assert.equal((await uploadRecording(await requestRecordingLink(bot), wav)).status, 202);
    const [, reply] = await bot.connector.whenMessages(2);
    assert.equal(reply?.body.text, 'That was long');
  });

  it('rejects a body by its length before it is sent', async (t) => {
    const { bot } = await started(t);
    const { pathname } = new URL(await requestRecordingLink(bot));
    const head = [
      `POST ${pathname} HTTP/1.1`,
      'Host: bot',
      'Content-Type: audio/wav',
      'Content-Length: 20000000',
      '',
      '',
    ];
    const answer = await sendRaw(bot.url, head.join('\r\n'));
    assert.equal(answer.status, 413);
    assertRefusal(answer.body, 'too_large');
  });

  it('stores nothing that strangers send', async (t) => {
    const { bot } = await started(t);
    const head = ['POST /record/nothing HTTP/1.1', 'Host: bot', 'Content-Type: audio/wav', 'Content-Length: 9', '', ''];
    // Answered before the body arrives.
    const answer = await sendRaw(bot.url, `${head.join('\r\n')}123456789`, { half: true });
    assert.equal(answer.status, 404);
  });

  it('rejects a recording during a drain without using up the link', async (t) => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const turn = () => {
      asked.resolve();
      return { outputs: [{ text: 'At last' }], ending: { kind: 'completed' } as const, gate: gate.promise };
    };
    const bot = await startBot({ turns: [turn] });
    t.after(() => bot.close());
    const url = await requestRecordingLink(bot);
    await bot.says('hello');
    await asked.promise;
    const closed = bot.app.close();
    const response = await uploadRecording(url);
    assert.ok(Number(response.headers.get('retry-after')) > 0);
    await assertRefused(response, 503, 'draining', en.apologies.restarting);
    assert.equal((await fetch(url)).status, 200);
    gate.resolve();
    await closed;
  });

  it('rejects a recording while too many messages are queued, and accepts it by the same link later', async (t) => {
    const gate = Promise.withResolvers<void>();
    const held = { outputs: [{ text: 'Held' }], ending: { kind: 'completed' } as const, gate: gate.promise };
    const others = Array.from({ length: MAX_WAITING }, (_, index) => `Answer ${index}`);
    const { bot } = await started(t, { turns: [held, ...others, 'I heard you'] });
    const [url, other] = [
      await requestRecordingLink(bot),
      await requestRecordingLink(bot, { conversation: { id: 'conversation-2' } }),
    ];
    for (let turn = 0; turn <= MAX_WAITING; turn++) await bot.says('hello');
    for (let count = 0; count < 2; count++) {
      const response = await uploadRecording(url);
      assert.ok(Number(response.headers.get('retry-after')) > 0);
      await assertRefused(response, 503, 'busy', en.queueFull);
    }
    assert.equal((await fetch(other)).status, 200);
    assert.equal(bot.connector.messages.length, 2, 'nothing is said of it in the chat');
    gate.resolve();
    await bot.connector.whenMessages(3 + MAX_WAITING);
    assert.equal((await uploadRecording(url)).status, 202);
    const replies = await bot.connector.whenMessages(4 + MAX_WAITING);
    assert.equal(replies.at(-1)?.body.text, 'I heard you');
  });

  it('shows the transcript above the answer and in the history if a transcription model is set', async (t) => {
    const env = { REALTIME_TRANSCRIPTION_MODEL: 'whisper' };
    const { bot } = await started(t, { env, simulator: { responder: simulatedResponder } });
    assert.equal((await uploadRecording(await requestRecordingLink(bot))).status, 202);
    const [, reply] = await bot.connector.whenMessages(2);
    const understood = 'a tone of about 440 Hz for 0.5 seconds';
    assert.ok(
      String(reply?.body.text).startsWith(`${en.attachments.heard(understood, undefined)}\n\n`),
      reply?.body.text,
    );
    // A session cannot be asked what it has heard, so the test reads what a new one is told.
    for (const text of ['/voice coral', 'hello']) await bot.says(text);
    await bot.connector.whenMessages(4);
    const told = bot.events.filter(({ from, event }) => from === 'client' && event['previous_item_id'] === 'root');
    assert.match(JSON.stringify(told), /voice message, 0:01: .{0,8}a tone of about 440 Hz/);
  });

  it('counts a recording like any other message', async (t) => {
    const { bot } = await started(t, { turns: ['One'], env: { MAX_TURNS_PER_MINUTE: '3' } });
    assert.equal((await uploadRecording(await requestRecordingLink(bot))).status, 202);
    await bot.connector.whenMessages(2);
    assert.equal((await uploadRecording(await requestRecordingLink(bot))).status, 202);
    const replies = await bot.connector.whenMessages(4);
    assert.equal(replies[3]?.body.text, en.limits.tooFast);
  });

  it('logs nothing that would open a page', async (t) => {
    const { bot } = await started(t, { turns: ['One'] });
    const url = await requestRecordingLink(bot);
    await uploadRecording(url, Buffer.from('hello'));
    await uploadRecording(url);
    await bot.connector.whenMessages(2);
    const [, , signature = '?'] = url.split('/').at(-1)?.split('.') ?? [];
    assert.ok(!JSON.stringify(bot.logs).includes(signature));
  });

  /** The removal of the bot is answered before it is complete. */
  async function assertGone(url: string): Promise<void> {
    const giveUp = AbortSignal.timeout(5_000);
    while ((await fetch(url)).status !== 404) assert.ok(!giveUp.aborted);
  }
});

describe('POST /record/<link> with an undecodable recording', () => {
  let bot: BotUnderTest;
  before(async () => {
    bot = await startBot({ turns: Array<string>(7).fill('Now') });
  });
  after(() => bot.close());

  for (const [name, body, headers, status, code, message] of [
    ['no sound at all', Buffer.from('hello'), {}, 415, 'unsupported_media_type', UNREADABLE],
    ['half a header', Buffer.from('RIFF....WAVEfmt '), {}, 422, 'unreadable', UNREADABLE],
    ['another type', RECORDED_PCM, { 'content-type': 'audio/mpeg' }, 415, 'unsupported_media_type', () => NO_WAV],
    ['a form', RECORDED_PCM, { 'content-type': 'text/plain' }, 415, 'unsupported_media_type', () => NO_WAV],
    [
      'a body that is packed',
      RECORDED_PCM,
      { 'content-encoding': 'gzip' },
      415,
      'unsupported_media_type',
      () => NO_CODING,
    ],
    ['nothing', Buffer.alloc(0), {}, 415, 'unsupported_media_type', UNREADABLE],
    ['too many bytes', Buffer.alloc(15 * 2 ** 20 + 1), {}, 413, 'too_large', en.attachments.notRead.too_long],
  ] as const) {
    it(`rejects ${name}, and accepts a valid one after it`, async () => {
      const url = await requestRecordingLink(bot, { conversation: { id: name } });
      const before = bot.connector.messages.length;
      await assertRefused(await uploadRecording(url, body, headers), status, code, message(undefined));
      assert.equal((await uploadRecording(url)).status, 202);
      await bot.connector.whenMessages(before + 1);
    });
  }
});
