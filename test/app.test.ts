import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { samplesOf, startBot } from './support/bot.ts';

describe('a message', () => {
  it("is answered with the transcript and a WAV of exactly the model's samples", async (t) => {
    const pcm = Buffer.from(Array.from({ length: 60_000 }, (_, index) => index % 251));
    const bot = await startBot({
      turns: [{ outputs: [{ text: 'Hi there', pcm }], ending: { kind: 'completed' } }],
    });
    t.after(() => bot[Symbol.asyncDispose]());

    const accepted = await bot.says('hello');
    const [reply] = await bot.connector.whenMessages(1);

    assert.equal(accepted.status, 200);
    assert.equal(reply?.body.text, 'Hi there');
    assert.equal(reply?.body.attachments.length, 1);
    assert.equal(reply?.body.attachments[0].contentType, 'audio/wav');
    const audio = await fetch(reply?.body.attachments[0].contentUrl);
    assert.ok(samplesOf(new Uint8Array(await audio.arrayBuffer())).equals(pcm));
  });

  it('is accepted by the POST before the model answers', async (t) => {
    const held = Promise.withResolvers<void>();
    const ending = { kind: 'completed' } as const;
    const bot = await startBot({ turns: [{ outputs: [{ text: 'At last' }], ending, gate: held.promise }] });
    t.after(() => bot[Symbol.asyncDispose]());

    const accepted = await bot.says('hello');
    assert.equal(accepted.status, 200);
    assert.equal(bot.connector.messages.length, 0);

    held.resolve();
    const [reply] = await bot.connector.whenMessages(1);
    assert.equal(reply?.body.text, 'At last');
  });
});
