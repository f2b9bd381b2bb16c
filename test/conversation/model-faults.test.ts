import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { sleep } from '../../src/clock.ts';
import { inTime } from '../realtime/gathered.ts';
import type { ConnectorCall } from '../support/fake-connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startRawModel } from '../support/raw-model.ts';
import { FAILED_ANSWERS, ODD_ANSWERS } from './answer-faults.ts';
import { type ModelFault, RETRY_MS, SET_UP, says } from './fault-answers.ts';
import { startTimedBot, until } from './timed-bot.ts';
import { BROKEN_SOCKETS, ERROR_EVENTS, REFUSED_HANDSHAKES } from './wire-faults.ts';

const MODEL_FAULTS = [...ODD_ANSWERS, ...FAILED_ANSWERS, ...ERROR_EVENTS, ...BROKEN_SOCKETS, ...REFUSED_HANDSHAKES];

/** The size of the reply's audio in bytes, whether its WAV is inline or at a link. */
async function audioBytesOf({ body }: ConnectorCall): Promise<number> {
  const [attachment] = body.attachments ?? [];
  if (attachment === undefined) return 0;
  return (await (await fetch(attachment.contentUrl)).arrayBuffer()).byteLength - 44;
}

/** A message that is answered, the fault, and another message. */
async function talkThrough({ answers, refusals = [], waitsMs = [] }: ModelFault) {
  const model = await startRawModel([says('One'), ...answers, says('Three')]);
  const bot = await startTimedBot({ env: { AZURE_OPENAI_ENDPOINT: model.url } });
  const say = (text: string) => bot.says(text);
  try {
    await say('first');
    await bot.replies(1);
    if (refusals.length > 0) {
      model.refusals.push(...refusals);
      model.sockets[0]?.terminate();
      await until(() => bot.logs.some(({ msg }) => msg === 'session closed'));
    }
    await say('second');
    for (const ms of waitsMs) {
      await bot.clock.whenWaiting(ms);
      await bot.clock.advance(ms);
    }
    const replies = await bot.replies(2);
    await say('third');
    const [, second, third] = [...replies, ...(await bot.replies(3)).slice(2)];
    assert.ok(second !== undefined && third !== undefined);
    const [, ended] = await bot.logged('turn ended', 2);
    const audioBytes = await audioBytesOf(second);
    const logged = bot.logs.map(({ msg }) => msg);
    return { heard: model.userTexts, second, third, ended, audioBytes, logged };
  } finally {
    await bot[Symbol.asyncDispose]();
    await model.close();
  }
}

describe('a fault of the model', { timeout: 60_000 }, () => {
  for (const fault of MODEL_FAULTS) {
    it(`causes one reply if it is ${fault.name}, and the next message is answered with the history`, async () => {
      const { heard, second, third, ended, audioBytes, logged } = await inTime(talkThrough(fault));
      assert.match(second.body.text, fault.text);
      assert.equal(audioBytes, fault.audioBytes ?? 0);
      assert.equal(third.body.text, 'Three');
      assert.deepEqual([second.body.replyToId, third.body.replyToId], ['activity-2', 'activity-3']);
      if (fault.code !== undefined) {
        assert.equal((ended?.['err'] as { code?: string } | undefined)?.code, fault.code);
      }
      if (fault.logged !== undefined) assert.ok(logged.includes(fault.logged));
      const last = heard.at(-1) ?? [];
      assert.equal(last.at(-1), 'third');
      if (fault.told === null) {
        assert.ok(last.includes('second'), 'the session goes on');
        return;
      }
      const told = '{"role":"user","text":"first"},{"role":"assistant","text":"One"}';
      assert.ok(last[0]?.endsWith(`\n[${[told, fault.told].filter((part) => part !== '').join(',')}]`), last[0]);
    });
  }
});

describe('a handshake that the service answers with 400', { timeout: 60_000 }, () => {
  it('is logged with the words of the service, and the user learns whom to contact', async (t) => {
    const resource = { key: 'test-key', deployments: { simulator: 'other' } } as const;
    const bot = await startTimedBot({ simulator: { resource } });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('first');
    const [first] = await bot.replies(1);
    assert.match(first?.body.text, SET_UP);
    const [ended] = await bot.logged('turn ended');
    const { err } = ended as { err: { code: string; message: string } };
    assert.equal(err.code, 'handshake_refused');
    assert.match(err.message, /400 \(OpperationNotSupported: The realtime operation does not work with/);
  });
});

describe('a slow token', { timeout: 60_000 }, () => {
  /** What the user gets and which codes are logged if the first token takes this long. */
  async function answerAfter(t: TestContext, tokenMs: number, waitsMs: readonly number[]) {
    const model = await startRawModel([says('One')]);
    const env = { AZURE_OPENAI_ENDPOINT: model.url, AZURE_OPENAI_API_KEY: '' };
    let asked = 0;
    const clock = new ManualClock();
    const tokens = () => async () => {
      if (asked++ === 0) await sleep(clock, tokenMs);
      return 'a token';
    };
    const bot = await startTimedBot({ env, deps: { clock, tokens } });
    t.after(async () => {
      await bot.close();
      await model.close();
    });
    await bot.says('first');
    for (const ms of waitsMs) {
      await clock.whenWaiting(ms);
      await clock.advance(ms);
    }
    const [first] = await bot.replies(1);
    const codes = bot.logs.flatMap(({ err }) => (err as { code?: string } | undefined)?.code ?? []);
    return { text: first?.body.text, codes };
  }

  it('of 12 s delays the turn, and is not reported as "no connection"', async (t) => {
    assert.deepEqual(await answerAfter(t, 12_000, [12_000]), { text: 'One', codes: [] });
  });

  it('of a minute is reported and requested again, and the turn is answered', async (t) => {
    const { text, codes } = await answerAfter(t, 60_000, [20_000, RETRY_MS]);
    assert.deepEqual([text, codes], ['One', ['token_timeout']]);
  });
});

describe('a token', { timeout: 60_000 }, () => {
  const hanging = () => new Promise<string>(() => {});
  const throwing = () => Promise.reject(new Error('no identity here'));
  const tokens: [string, () => Promise<string>, readonly number[], RegExp, string][] = [
    ['cannot be had', throwing, [], /isn’t set up correctly/, 'credentials_failed'],
    ['does not come', hanging, [20_000, RETRY_MS, 20_000], /took too long/, 'token_timeout'],
  ];
  for (const [name, provider, waitsMs, text, code] of tokens) {
    it(`that ${name} causes one reply, and the next message is answered once there is a token`, async () => {
      const model = await startRawModel([says('Two')]);
      let provide = provider;
      const env = { AZURE_OPENAI_ENDPOINT: model.url, AZURE_OPENAI_API_KEY: '' };
      const bot = await startTimedBot({ env, deps: { tokens: () => () => provide() } });
      await bot.says('first');
      for (const ms of waitsMs) {
        await bot.clock.whenWaiting(ms);
        await bot.clock.advance(ms);
      }
      const [first] = await bot.replies(1);
      assert.match(first?.body.text, text);
      const [ended] = await bot.logged('turn ended');
      assert.equal((ended?.['err'] as { code?: string } | undefined)?.code, code);
      provide = async () => 'a token';
      await bot.says('second');
      const [, second] = await bot.replies(2);
      assert.equal(second?.body.text, 'Two');
      assert.match(model.userTexts[0]?.[0] ?? '', /"text":"first"/);
      await bot[Symbol.asyncDispose]();
      await model.close();
    });
  }
});
