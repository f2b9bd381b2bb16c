import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { MAX_CLIP_BYTES } from '../../src/audio/clip/clip.ts';
import { toPcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';
import { MAX_WAITING } from '../../src/conversation/queue/turn-queue.ts';
import { UPLOAD_BOUNDS } from '../../src/conversation/recordings/recordings.ts';
import { messagesFor } from '../../src/messages/messages.ts';
import { inTime } from '../realtime/gathered.ts';
import { type BotUnderTestOptions, startBot } from '../support/bot.ts';
import { RECORDED_PCM, requestRecordingLink, uploadRecording } from '../support/recording-link.ts';
import { sendRaw } from './raw-request.ts';

const en = messagesFor('en');
const de = messagesFor('de');
const SPOKEN_WAV = await wavOf(RECORDED_PCM);
const OTHER = { conversation: { id: 'conversation-2' }, from: { id: 'user-2', name: 'Eve' } };

async function wavOf(sound: Uint8Array): Promise<Buffer> {
  return encodeWav(toPcm([sound]));
}

async function started(t: TestContext, options: BotUnderTestOptions) {
  const bot = await startBot(options);
  t.after(() => bot.close());
  return bot;
}

/** A recording whose end the test sends or omits. The server is reading it when this resolves. */
async function slowUpload(t: TestContext, url: string, { wav = SPOKEN_WAV, sentBytes = 1_000 } = {}) {
  const { port, pathname } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
  t.after(() => socket.destroy());
  // The server may cut off what it rejects.
  socket.on('error', () => {});
  const head = [`POST ${pathname} HTTP/1.1`, 'Host: bot', 'Connection: close', 'Content-Type: audio/wav'];
  socket.write(`${[...head, `Content-Length: ${wav.length}`, 'Expect: 100-continue'].join('\r\n')}\r\n\r\n`);
  const [begun] = await inTime(once(socket, 'data'));
  assert.match(String(begun), /^HTTP\/1\.1 100 /);
  socket.write(wav.subarray(0, sentBytes));
  const answered = once(socket, 'data').then(String);
  answered.catch(() => {});
  return {
    answered,
    breakOff: () => socket.destroy(),
    end(): Promise<string> {
      socket.write(wav.subarray(sentBytes));
      return inTime(answered);
    },
  };
}

/** A bot with an app id, and links for users in Slack, which verifies them, and in Web Chat, which does not. */
async function signed(t: TestContext) {
  const env = { PUBLIC_BASE_URL: 'http://127.0.0.1:1' };
  const bot = await started(t, { hasAppId: true, turns: ['I heard you'], env });
  const linkOf = async (channelId: string, user: string, id: string) => {
    const link = await requestRecordingLink(bot, { channelId, conversation: { id }, from: { id: user } });
    return bot.url + new URL(link).pathname;
  };
  const strangers = async (count: number) => {
    const links: string[] = [];
    for (let index = 0; index < count; index++) links.push(await linkOf('webchat', 'eve', `w${index}`));
    return links;
  };
  return { bot, linkOf, strangers };
}

async function assertRefused(response: Response, status: number, message: string): Promise<void> {
  assert.deepEqual([response.status, ((await response.json()) as { message: string }).message], [status, message]);
}

describe('recordings from one user', { timeout: 60_000 }, () => {
  it('are accepted one at a time; the second gets an error, and its link stays valid', async (t) => {
    const bot = await started(t, { turns: ['I heard you'] });
    const url = await requestRecordingLink(bot, { locale: 'de' });
    const first = await slowUpload(t, url);
    for (let count = 0; count < 10; count++)
      await assertRefused(await uploadRecording(url), 409, de.recording.uploading);
    assert.match(await first.end(), /^HTTP\/1\.1 202 /);
    await assertRefused(await uploadRecording(url), 404, en.recording.ended);
    await bot.connector.whenMessages(2);
  });

  it('delay nobody else', async (t) => {
    const bot = await started(t, { turns: ['I heard you'] });
    const [url, other] = [await requestRecordingLink(bot), await requestRecordingLink(bot, OTHER)];
    const first = await slowUpload(t, url);
    assert.equal((await uploadRecording(other)).status, 202);
    await bot.connector.whenMessages(3);
    first.breakOff();
  });

  it('are accepted one at a time over all of the user’s conversations if the channel verifies users', async (t) => {
    const { bot, linkOf } = await signed(t);
    const [here, there] = [await linkOf('slack', 'ada', 'c1'), await linkOf('slack', 'ada', 'c2')];
    const other = await linkOf('slack', 'eve', 'c3');
    const first = await slowUpload(t, here);
    await assertRefused(await uploadRecording(there), 409, en.recording.uploading);
    assert.equal((await uploadRecording(other)).status, 202);
    await bot.connector.whenMessages(4);
    first.breakOff();
  });

  it('leave room for verified users, however many unverified conversations send without end', async (t) => {
    const { bot, linkOf, strangers } = await signed(t);
    const allowed = UPLOAD_BOUNDS.max / 2;
    const links = await strangers(allowed + 1);
    const person = await linkOf('slack', 'ada', 'c1');
    const slow = await Promise.all(links.slice(0, allowed).map((url) => slowUpload(t, url)));
    await assertRefused(await uploadRecording(links[allowed] ?? ''), 503, en.apologies.crowded);
    assert.equal((await uploadRecording(person)).status, 202);
    await bot.connector.whenMessages(allowed + 3);
    for (const { breakOff } of slow) breakOff();
  });

  it('leave room for verified users, however many bytes unverified conversations have sent', async (t) => {
    const { bot, linkOf, strangers } = await signed(t);
    const links = await strangers(UPLOAD_BOUNDS.max / 2);
    const person = await linkOf('slack', 'ada', 'c1');
    const stalled = { wav: await wavOf(Buffer.alloc(MAX_CLIP_BYTES - 1_000)), sentBytes: -1 };
    const slow = await Promise.all(links.map((url) => slowUpload(t, url, stalled)));
    assert.match(await inTime(Promise.any(slow.map(({ answered }) => answered))), /^HTTP\/1\.1 503 /);
    assert.equal((await uploadRecording(person, await wavOf(Buffer.alloc(30 * 48_000)))).status, 202);
    await bot.connector.whenMessages(links.length + 2);
    for (const { breakOff } of slow) breakOff();
  });

  it('free their place for the next one if they break off', async (t) => {
    const bot = await started(t, { turns: ['I heard you'] });
    const url = await requestRecordingLink(bot);
    const first = await slowUpload(t, url);
    first.breakOff();
    const giveUp = AbortSignal.timeout(5_000);
    let status = 409;
    while (status === 409 && !giveUp.aborted) ({ status } = await uploadRecording(url));
    assert.equal(status, 202);
    await bot.connector.whenMessages(2);
  });

  it('end their link, and no other, after five that cannot be decoded', async (t) => {
    const bot = await started(t, { turns: ['I heard you'] });
    const [url, other] = [await requestRecordingLink(bot), await requestRecordingLink(bot, OTHER)];
    for (let tries = 0; tries < 5; tries++) {
      await assertRefused(await uploadRecording(url, Buffer.from('no sound')), 415, en.recording.unreadable);
    }
    await assertRefused(await uploadRecording(url), 404, en.recording.ended);
    assert.equal((await fetch(url)).status, 404, 'the page has ended, too');
    assert.equal((await uploadRecording(other)).status, 202);
    await bot.connector.whenMessages(3);
  });

  it('do not count as tries if they are rejected (503) for lack of room', async (t) => {
    const { bot, strangers } = await signed(t);
    const [url = '', ...others] = await strangers(4);
    // Together just below the part of the bound that unverified conversations may use.
    const stalled = { wav: await wavOf(Buffer.alloc(11_100_000)), sentBytes: -1 };
    const slow = await Promise.all(others.map((other) => slowUpload(t, other, stalled)));
    // Connections on this machine keep their order.
    for (let count = 0; count < 10; count++) await fetch(`${bot.url}/health`);
    const body = await wavOf(Buffer.alloc(400_000));
    for (let tries = 0; tries < 6; tries++)
      await assertRefused(await uploadRecording(url, body), 503, en.apologies.crowded);
    assert.equal((await uploadRecording(url)).status, 202);
    await bot.connector.whenMessages(others.length + 2);
    for (const { breakOff } of slow) breakOff();
  });

  it('do not count as tries if their connection breaks', async (t) => {
    const { bot, linkOf } = await signed(t);
    const [here, there] = [await linkOf('slack', 'ada', 'c1'), await linkOf('slack', 'ada', 'c2')];
    for (let tries = 0; tries < 5; tries++) {
      const broken = await slowUpload(t, here);
      await assertRefused(await uploadRecording(here), 409, en.recording.uploading);
      broken.breakOff();
      const giveUp = AbortSignal.timeout(5_000);
      let status = 409;
      while (status === 409 && !giveUp.aborted) ({ status } = await uploadRecording(there, Buffer.from('no sound')));
      assert.equal(status, 415);
    }
    assert.equal((await uploadRecording(here)).status, 202);
    await bot.connector.whenMessages(3);
  });

  it('that end during a drain are rejected, and do not use up their link', async (t) => {
    const [gate, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = () => {
      asked.resolve();
      return { outputs: [{ text: 'Held' }], ending: { kind: 'completed' } as const, gate: gate.promise };
    };
    const bot = await started(t, { turns: [held] });
    const url = await requestRecordingLink(bot);
    await bot.says('hello');
    await asked.promise;
    const upload = await slowUpload(t, url);
    const closed = bot.app.close();
    const answer = await upload.end();
    assert.match(answer, /^HTTP\/1\.1 503 /);
    assert.ok(answer.includes(JSON.stringify(en.apologies.restarting)), answer);
    assert.equal((await fetch(url)).status, 200);
    gate.resolve();
    await closed;
  });

  it("are not received and do not count as tries while the conversation's queue is full", async (t) => {
    const gate = Promise.withResolvers<void>();
    const held = { outputs: [{ text: 'Held' }], ending: { kind: 'completed' } as const, gate: gate.promise };
    const others = Array.from({ length: MAX_WAITING }, (_, index) => `Answer ${index}`);
    const bot = await started(t, { turns: [held, ...others, 'I heard you'] });
    const url = await requestRecordingLink(bot);
    for (let turn = 0; turn <= MAX_WAITING; turn++) await bot.says('hello');
    for (let tries = 0; tries < 10; tries++) await assertRefused(await uploadRecording(url), 503, en.queueFull);
    const head = [`POST ${new URL(url).pathname} HTTP/1.1`, 'Host: bot', 'Content-Type: audio/wav'];
    const unsent = await sendRaw(bot.url, `${[...head, 'Content-Length: 9'].join('\r\n')}\r\n\r\n`, { half: true });
    assert.equal(unsent.status, 503);
    gate.resolve();
    await bot.connector.whenMessages(2 + MAX_WAITING);
    assert.equal((await uploadRecording(url)).status, 202);
    await bot.connector.whenMessages(3 + MAX_WAITING);
  });
});
