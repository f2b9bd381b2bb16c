import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import type { Ending, Mind } from '../../dev/simulator/mind.ts';
import { simulatedMind } from '../../dev/simulator/rules.ts';
import { encodeWav } from '../../src/audio/wav.ts';
import { en } from '../../src/messages/en.ts';
import { startFileHost } from '../attachments/file-host.ts';
import { toneOf } from '../dev/simulator/sounds.ts';
import { inTime } from '../realtime/gathered.ts';
import { type BotUnderTestOptions, startBot } from '../support/bot.ts';
import { ManualClock } from '../support/manual-clock.ts';

const MP3 = readFileSync(new URL('../audio/clips/mono-44k1.mp3', import.meta.url));

function wavOf(pcm: Uint8Array): Promise<Buffer> {
  return encodeWav({ chunks: [Buffer.from(pcm)], byteLength: pcm.byteLength });
}

type Surroundings = Pick<BotUnderTestOptions, 'deps' | 'simulator'> & { env?: Record<string, string>; mind?: Mind };

/** A bot whose user attaches files of this machine; the simulator says what it hears and sees. */
async function startAll(
  t: TestContext,
  files: Readonly<Record<string, Uint8Array>>,
  { env = {}, mind = simulatedMind, deps = {}, simulator = {} }: Surroundings = {},
) {
  const host = await startFileHost(({ url = '' }, response) => {
    const file = files[url];
    response.writeHead(file === undefined ? 404 : 200);
    response.end(file);
  });
  const at = host.url.replace('/file', '');
  const bot = await startBot({ env, deps, simulator: { mind, ...simulator } });
  t.after(async () => {
    await bot.close();
    await host[Symbol.asyncDispose]();
  });
  let count = 0;
  const file = (path: string) => ({ contentType: 'any/thing', contentUrl: at + path, name: path.slice(1) });
  return {
    bot,
    host,
    /** Sends a message and resolves with the text of the answer. */
    async says(text: string | undefined, ...attachments: (string | object)[]): Promise<string> {
      const sent = attachments.map((each) => (typeof each === 'string' ? file(each) : each));
      await bot.post(bot.message(text, { attachments: sent }));
      return String((await bot.connector.whenMessages(++count))[count - 1]?.body.text);
    },
    itemsSent: () =>
      bot.events
        .filter(({ from, event }) => from === 'client' && String(event['type']).startsWith('conversation.item'))
        .map(({ event }) => (event['item'] as { content: { type: string; text?: string }[] }).content),
  };
}

describe('a voice message', () => {
  it('is heard, and answered in text and voice', async (t) => {
    const { bot, says, itemsSent } = await startAll(t, { '/clip.wav': await wavOf(toneOf(440, 2_000)) });
    assert.equal(await says(undefined, '/clip.wav'), 'I heard 2.0 seconds of sound; its loudest tone is about 440 Hz.');
    assert.equal(bot.connector.messages[0]?.body.attachments[0].contentType, 'audio/wav');
    assert.deepEqual(
      itemsSent().map((content) => content.map(({ type }) => type)),
      [['input_audio']],
    );
  });

  it('is heard as MP3 by its content, whatever it is called, beside what was written', async (t) => {
    const { says, itemsSent } = await startAll(t, { '/notes.txt': MP3 });
    assert.match(await says('hello', '/notes.txt'), /^Hello! .*\nI heard \d\.\d seconds of sound/s);
    assert.deepEqual(
      itemsSent()[0]?.map(({ type }) => type),
      ['input_text', 'input_audio'],
    );
  });

  it('is remembered as sent', async (t) => {
    const { bot, says } = await startAll(t, { '/clip.wav': await wavOf(toneOf(440, 7_000)) });
    await says(undefined, '/clip.wav');
    // What a session has heard it cannot be asked: a new one is told.
    await says('/voice coral');
    await says('hello');
    const told = bot.events.filter(({ from, event }) => from === 'client' && event['previous_item_id'] === 'root');
    assert.match(JSON.stringify(told), /\(voice message, 0:07\)/);
  });

  it('is written down where a model for that is set, above the answer and in the memory', async (t) => {
    const env = { REALTIME_TRANSCRIPTION_MODEL: 'whisper' };
    const { bot, says } = await startAll(t, { '/clip.wav': await wavOf(toneOf(440, 2_000)) }, { env });
    const answer = await says('hello', '/clip.wav');
    assert.match(answer, /^You said: “a tone of about 440 Hz for 2\.0 seconds”\n\nHello!/);
    const types = bot.events.filter(({ from }) => from === 'client').map(({ event }) => event['type']);
    assert.ok(types.includes('input_audio_buffer.append') && types.includes('input_audio_buffer.commit'));
    assert.ok(types.indexOf('conversation.item.create') < types.indexOf('input_audio_buffer.append'));
    await says('/voice coral');
    await says('hello again');
    const told = bot.events.filter(({ from, event }) => from === 'client' && event['previous_item_id'] === 'root');
    assert.match(JSON.stringify(told), /voice message, 0:02: .{0,8}a tone of about 440 Hz/);
  });

  for (const [when, transcription] of [
    ['after the answer', { text: 'good morning', afterDone: true, delayMs: 50 }],
    ['at once', { text: 'good morning' }],
  ] as const) {
    it(`is shown as it was understood, ${when}`, async (t) => {
      const mind: Mind = () => ({ outputs: [{ text: 'Good morning!' }], ending: { kind: 'completed' }, transcription });
      const env = { REALTIME_TRANSCRIPTION_MODEL: 'whisper' };
      const { says } = await startAll(t, { '/clip.wav': await wavOf(toneOf(440, 500)) }, { env, mind });
      assert.equal(await says(undefined, '/clip.wav'), 'You said: “good morning”\n\nGood morning!');
    });
  }

  it('is answered where it could not be written down', async (t) => {
    const mind: Mind = () => ({
      outputs: [{ text: 'Good morning!' }],
      ending: { kind: 'completed' },
      transcription: { fails: true },
    });
    const env = { REALTIME_TRANSCRIPTION_MODEL: 'whisper' };
    const { says } = await startAll(t, { '/clip.wav': await wavOf(toneOf(440, 500)) }, { env, mind });
    assert.equal(await says(undefined, '/clip.wav'), 'Good morning!');
  });
});

describe('files that come along with a message', () => {
  it('are one item in their order, a text file as text', async (t) => {
    const files = { '/a.txt': Buffer.from('tulips\n'), '/clip.wav': await wavOf(toneOf(440, 500)) };
    const { says, itemsSent } = await startAll(t, files);
    await says('hello', '/a.txt', '/clip.wav');
    const [content = []] = itemsSent();
    assert.deepEqual(
      content.map(({ type }) => type),
      ['input_text', 'input_text', 'input_audio'],
    );
    assert.match(content[1]?.text ?? '', /"a\.txt".*\n> tulips/s);
  });

  it('that cannot be read are named below the answer', async (t) => {
    const { says } = await startAll(t, { '/report.pdf': Buffer.from('%PDF-1.7 …') });
    const answer = await says('hello', '/report.pdf');
    // The simulator repeats what it was told: the model knows of it, too.
    assert.match(answer, /^You said: hello\nThe user also sent "report\.pdf", which could not be read/);
    assert.ok(answer.endsWith(`\n\n${en.attachments.notRead.kind_unsupported('report.pdf')}`));
  });

  it('alone, that cannot be read, are not asked of the model', async (t) => {
    const { bot, says } = await startAll(t, { '/report.pdf': Buffer.from('%PDF-1.7 …') });
    assert.equal(
      await says(undefined, '/report.pdf', '/missing.png'),
      [en.attachments.notRead.kind_unsupported('report.pdf'), en.attachments.notRead.not_fetched('missing.png')].join(
        '\n\n',
      ),
    );
    assert.deepEqual(bot.events, []);
  });

  it('are not fetched from elsewhere, and the log names the host alone', async (t) => {
    const { bot, says } = await startAll(t, {});
    const elsewhere = {
      contentType: 'image/png',
      contentUrl: 'https://files.example.com/a?secret=tulips',
      name: 'a.png',
    };
    assert.equal(await says(undefined, elsewhere), en.attachments.notRead.address_refused('a.png'));
    const line = bot.logs.find(({ msg }) => msg === 'attachment not read');
    assert.equal(line?.['code'], 'address_refused');
    assert.doesNotMatch(JSON.stringify(bot.logs), /tulips/);
  });

  it('may stand in the message itself', async (t) => {
    const { says } = await startAll(t, {});
    const wav = await wavOf(toneOf(880, 1_000));
    const inline = { contentType: 'audio/wav', contentUrl: `data:audio/wav;base64,${wav.toString('base64')}` };
    assert.match(await says(undefined, inline), /1\.0 seconds of sound; its loudest tone is about 880 Hz/);
  });
});

describe('what Teams does not give to bots', () => {
  it('is named, with what to do instead', async (t) => {
    const { says } = await startAll(t, {});
    const media = [{ url: 'https://eu-api.asm.skype.com/v1/objects/0-weu-d1/views/audio' }];
    const clip = {
      contentType: 'application/vnd.microsoft.card.audio',
      content: JSON.stringify({ duration: 'PT13S', media }),
    };
    const answer = await says(undefined, clip);
    assert.ok(answer.startsWith(`${en.attachments.voiceClip}\n\n`));
    assert.match(answer, /\/talk\//);
  });
});

describe('what was understood of a voice message', () => {
  const TRANSCRIBED = { REALTIME_TRANSCRIPTION_MODEL: 'whisper' };
  const clip = () => wavOf(toneOf(440, 500));

  it('is that of the attempt that was answered', async (t) => {
    const failed: Ending = {
      kind: 'failed',
      error: { type: 'server_error', code: 'server_error', message: 'The server had an error.' },
    };
    let attempts = 0;
    const mind: Mind = () =>
      ++attempts === 1
        ? { outputs: [], ending: failed, transcription: { text: 'first' } }
        : { outputs: [{ text: 'Good morning!' }], ending: { kind: 'completed' }, transcription: { text: 'second' } };
    const { bot, says } = await startAll(t, { '/clip.wav': await clip() }, { env: TRANSCRIBED, mind });
    assert.equal(await says(undefined, '/clip.wav'), 'You said: “second”\n\nGood morning!');
    assert.equal(attempts, 2);
    assert.doesNotMatch(JSON.stringify(bot.connector.calls.map(({ body }) => body)), /first/);
  });

  it('is not there for a clip that is too short for it, which is heard all the same', async (t) => {
    const files = { '/click.wav': await wavOf(toneOf(440, 50)) };
    const { says, itemsSent } = await startAll(t, files, { env: TRANSCRIBED });
    assert.match(await says('hello', '/click.wav'), /^Hello! /);
    assert.deepEqual(
      itemsSent()[0]?.map(({ type }) => type),
      ['input_text', 'input_audio'],
    );
  });

  it('is told of all clips of a message', async (t) => {
    const files = { '/a.wav': await clip(), '/b.wav': await wavOf(toneOf(880, 1_000)) };
    const { says } = await startAll(t, files, { env: TRANSCRIBED });
    assert.match(await says(undefined, '/a.wav', '/b.wav'), /^You said: “.*440 Hz.* .*880 Hz.*”\n\n/);
  });

  it('names its speaker where several people are', async (t) => {
    const { bot, host } = await startAll(t, { '/clip.wav': await clip() }, { env: TRANSCRIBED });
    const attachments = [{ contentType: 'audio/wav', contentUrl: host.url.replace('/file', '/clip.wav') }];
    await bot.post(bot.message(undefined, { attachments, conversation: { id: 'c', isGroup: true } }));
    assert.match(String((await bot.connector.whenMessages(1))[0]?.body.text), /^Ada said: “/);
  });
});

describe('files that take their time', () => {
  it('are given up when the user writes /stop, and the next message is answered', async (t) => {
    const { bot, host } = await startAll(t, {});
    host.rule = () => {};
    const attachments = [{ contentType: 'image/png', contentUrl: host.url, name: 'slow.png' }];
    await bot.post(bot.message('look', { attachments }));
    await host.seen.when(1);
    await bot.says('/stop');
    await bot.says('hello');
    const texts = (await bot.connector.whenMessages(2)).map(({ body }) => String(body.text));
    assert.ok(texts.includes(en.commands.stopped));
    assert.match(texts.find((text) => text !== en.commands.stopped) ?? '', /^Hello! /);
    assert.deepEqual(
      bot.logs.filter(({ level }) => level === 'fatal'),
      [],
    );
  });

  it('are told of when all of them together take too long', async (t) => {
    const clock = new ManualClock();
    const { bot, host } = await startAll(t, {}, { deps: { clock }, simulator: { clock } });
    host.rule = () => {};
    const file = (name: string) => ({ contentType: 'image/png', contentUrl: host.url, name });
    await bot.post(bot.message(undefined, { attachments: ['a', 'b', 'c', 'd'].map(file) }));
    for (let each = 1; each <= 3; each++) {
      await host.seen.when(each);
      await clock.advance(20_000);
    }
    const text = String((await inTime(bot.connector.whenMessages(1)))[0]?.body.text);
    for (const name of ['a', 'b', 'c', 'd']) assert.ok(text.includes(en.attachments.notRead.too_slow(name)), name);
  });
});

describe('messages that hold files themselves', () => {
  it('are refused for now where they would fill the memory, and taken again later', async (t) => {
    const gate = Promise.withResolvers<void>();
    const mind: Mind = () => ({ outputs: [{ text: 'Hm.' }], ending: { kind: 'completed' }, gate: gate.promise });
    const { bot } = await startAll(t, {}, { mind });
    const large = { contentType: 'text/plain', contentUrl: `data:text/plain,${'x'.repeat(900_000)}` };
    const post = (id: number) =>
      bot.post(bot.message('hello', { attachments: [large], conversation: { id: `c${id}` } }));
    const statuses: number[] = [];
    for (let id = 0; id < 80; id++) statuses.push((await post(id)).status);
    assert.equal(statuses.indexOf(503), Math.floor((64 * 1024 * 1024) / 900_020));
    gate.resolve();
    await bot.connector.whenMessages(statuses.indexOf(503));
    assert.equal((await post(100)).status, 200);
  });
});
