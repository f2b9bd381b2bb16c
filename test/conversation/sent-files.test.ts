import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Responder } from '../../dev/simulator/responder.ts';
import { MAX_WAITING_BYTES } from '../../src/conversation/queue/turn-queue.ts';
import { en } from '../../src/messages/en.ts';
import { unverifiedShare } from '../../src/shares.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { fileBot, wavOf } from './file-bot.ts';

describe('files with a message', () => {
  const talk = fileBot();

  it('are one item in order, a text file as text', async () => {
    const { says, itemsSent } = talk({ '/a.txt': Buffer.from('tulips\n'), '/clip.wav': await wavOf(500) });
    await says('hello', '/a.txt', '/clip.wav');
    const [content = []] = itemsSent();
    assert.deepEqual(
      content.map(({ type }) => type),
      ['input_text', 'input_text', 'input_audio'],
    );
    assert.match(content[1]?.text ?? '', /"a\.txt".*\n> tulips/s);
  });

  it('are named below the answer if they cannot be read', async () => {
    const { says } = talk({ '/report.pdf': Buffer.from('%PDF-1.7 …') });
    const answer = await says('hello', '/report.pdf');
    // The simulator repeats its input, so the model knows of the file, too.
    assert.match(answer, /^You said: hello\nThe user also sent "report\.pdf", which could not be read/);
    assert.ok(answer.endsWith(`\n\n${en.attachments.notRead.kind_unsupported('report.pdf')}`));
  });

  it('do not reach the model if there is nothing else and they cannot be read', async () => {
    const { events, says } = talk({ '/report.pdf': Buffer.from('%PDF-1.7 …') });
    assert.equal(
      await says(undefined, '/report.pdf', '/missing.png'),
      [en.attachments.notRead.kind_unsupported('report.pdf'), en.attachments.notRead.not_fetched('missing.png')].join(
        '\n\n',
      ),
    );
    assert.deepEqual(events(), []);
  });

  it('are not fetched from other hosts, and the log contains only the host', async () => {
    const { bot, says } = talk();
    const elsewhere = {
      contentType: 'image/png',
      contentUrl: 'https://files.example.com/a?secret=tulips',
      name: 'a.png',
    };
    assert.equal(await says(undefined, elsewhere), en.attachments.notRead.address_refused('a.png'));
    const codes = bot.logs.filter(({ msg }) => msg === 'attachment not read').map(({ code }) => code);
    assert.equal(codes.at(-1), 'address_refused');
    assert.doesNotMatch(JSON.stringify(bot.logs), /tulips/);
  });

  it('may be data URIs in the message itself', async () => {
    const { says } = talk();
    const wav = await wavOf(1_000, 880);
    const inline = { contentType: 'audio/wav', contentUrl: `data:audio/wav;base64,${wav.toString('base64')}` };
    assert.match(await says(undefined, inline), /1\.0 seconds of sound; its loudest tone is about 880 Hz/);
  });

  it('are named with advice if Teams does not make them available to bots', async () => {
    const { says } = talk();
    const media = [{ url: 'https://eu-api.asm.skype.com/v1/objects/0-weu-d1/views/audio' }];
    const clip = {
      contentType: 'application/vnd.microsoft.card.audio',
      content: JSON.stringify({ duration: 'PT13S', media }),
    };
    const answer = await says(undefined, clip);
    assert.ok(answer.startsWith(`${en.attachments.voiceClip}\n\n`));
    assert.match(answer, /\/record\//);
  });

  it('are aborted by /stop, and the next message is answered', async () => {
    const { bot, host, posts, texts } = talk();
    host.rule = () => {};
    const seen = host.seen.all.length;
    await posts('look', [{ contentType: 'image/png', contentUrl: host.url, name: 'slow.png' }]);
    await host.seen.when(seen + 1);
    await posts('/stop', []);
    await posts('hello', []);
    const said = await texts(2);
    assert.ok(said.includes(en.commands.stopped(0)));
    assert.match(said.find((text) => text !== en.commands.stopped(0)) ?? '', /^Hello! /);
    assert.deepEqual(
      bot.logs.filter(({ level }) => level === 'fatal'),
      [],
    );
  });
});

describe('files that arrive slowly', () => {
  const clock = new ManualClock();
  const talk = fileBot({ deps: { clock }, simulator: { clock } });

  it('are reported when all of them together take too long', async () => {
    const { host, posts, texts } = talk();
    host.rule = () => {};
    const file = (name: string) => ({ contentType: 'image/png', contentUrl: host.url, name });
    await posts(undefined, ['a', 'b', 'c', 'd'].map(file));
    for (let each = 1; each <= 3; each++) {
      await host.seen.when(each);
      await clock.advance(20_000);
    }
    const [text = ''] = await texts(1);
    for (const name of ['a', 'b', 'c', 'd']) assert.ok(text.includes(en.attachments.notRead.too_slow(name)), name);
  });
});

describe('files that wait', () => {
  // The clock stands still, so that no turn ends while it waits.
  const talk = fileBot({ deps: { clock: new ManualClock() } });

  it("are rejected for now while unverified users' files fill half of the memory, and accepted later", async () => {
    const gate = Promise.withResolvers<void>();
    const responder: Responder = () => ({
      outputs: [{ text: 'Hm.' }],
      ending: { kind: 'completed' },
      gate: gate.promise,
    });
    const { posts, texts } = talk({}, responder);
    const large = { contentType: 'text/plain', contentUrl: `data:text/plain,${'x'.repeat(900_000)}` };
    const post = (id: number) => posts('hello', [large], { conversation: { id: `c${id}` } });
    const statuses: number[] = [];
    for (let id = 0; statuses.at(-1) !== 503 && id < 80; id++) statuses.push((await post(id)).status);
    assert.equal(statuses.indexOf(503), Math.floor(unverifiedShare(MAX_WAITING_BYTES) / 900_020));
    assert.equal((await post(99)).status, 503);
    gate.resolve();
    await texts(statuses.indexOf(503));
    assert.equal((await post(100)).status, 200);
  });
});
