import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTime } from '../realtime/gathered.ts';
import { startBotProcess } from '../support/bot-process.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { startPostgresProxy } from '../support/postgres-proxy.ts';
import { cutOffPair } from './cut-off.ts';
import { ANSWERS_NOTHING, startInstance } from './instance.ts';
import { sharedPair } from './pair.ts';

const LONG = { timeout: 60_000 };
/** Longer than an attempt that is not lost takes to call the model. */
const SUPERVISED_MS = 3_000;

/** The work of supervision with the job of an instance whose heartbeat is missing for 30 s. */
async function supervise(url: string): Promise<void> {
  await (await sharedPostgres()).query("UPDATE voice_bot_queue.job SET state = 'retry' WHERE state = 'active'", url);
}

/**
 * Supervises repeatedly until something arrives: a claim that was sent before the cut may reach the database after the
 * first time, and take the job with nobody to run it.
 */
async function underSupervision<T>(awaited: Promise<T>, url: string): Promise<T> {
  const ended = awaited.then(() => true);
  while (!(await Promise.race([ended, sleep(SUPERVISED_MS, false, { ref: false })]))) await supervise(url);
  return awaited;
}

async function deadLetters(url: string): Promise<readonly unknown[]> {
  const sql = "SELECT data -> 'message' ->> 'text' AS text FROM voice_bot_queue.job WHERE name = 'turns_dead'";
  return (await (await sharedPostgres()).query<{ text: unknown }>(sql, url)).map(({ text }) => text);
}

describe('a message that crashes its process', LONG, () => {
  const shared = sharedPair({ one: ANSWERS_NOTHING });

  it('is dead-lettered after three attempts, and its conversation continues', async (t) => {
    const { one, two, model, url } = shared();
    const chat = shared().chat();
    await chat.say(one, 'hold the killer');
    await chat.say(two, 'behind it');
    const killed = startBotProcess({
      DATABASE_URL: url,
      AZURE_OPENAI_ENDPOINT: one.simulator.url,
      AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5',
      AZURE_OPENAI_API_KEY: 'test-key',
      PORT: '0',
    });
    t.after(() => killed[Symbol.asyncDispose]());
    await killed.whenListening();
    await model.whenHeld('hold the killer');
    killed.signal('SIGKILL');
    await killed.ended;
    await supervise(url);
    // For the others, an instance without the database is as good as killed, and it costs less to start.
    for (const attempt of [2, 3]) {
      await using proxy = await startPostgresProxy((await sharedPostgres()).port);
      await startInstance(t, proxy.addressOf(url), {
        simulator: { responder: model.responder },
        env: { DRAIN_SECONDS: '0' },
      });
      await underSupervision(model.whenHeld('hold the killer', attempt), url);
      proxy.cut();
      await supervise(url);
    }
    const three = await startInstance(t, url, { simulator: { responder: model.responder } });
    await underSupervision(chat.reply(2), url);
    const [apology, next] = chat.texts;
    const [line] = await inTime(three.logged('message dead-lettered: every attempt crashed'));
    assert.ok(apology?.includes(String(line?.['incident'])), apology);
    assert.equal(next, 'Re: behind it');
    assert.deepEqual(model.contextsFor('behind it')[0]?.history, []);
    assert.equal(model.contextsFor('hold the killer').length, 3);
    assert.deepEqual(await deadLetters(url), ['hold the killer']);
  });
});

describe('an attempt that does not count', LONG, () => {
  const ATTEMPTS = 5;

  it('is one that an outage interrupted', async () => {
    const { chat, one, model, url } = { ...shared.pair(), chat: shared.pair().chat() };
    await chat.say(one, 'hold through outages');
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      await underSupervision(model.whenHeld('hold through outages', attempt), url);
      shared.proxy().cut();
      await supervise(url);
      shared.restore();
    }
    await underSupervision(model.whenHeld('hold through outages', ATTEMPTS + 1), url);
    model.release('hold through outages');
    assert.equal((await chat.reply(1)).text, 'Re: hold through outages');
    await chat.ask(one, 'after outages');
    assert.equal(chat.messages.length, 2);
    assert.deepEqual(await deadLetters(url), []);
  });

  const shared = cutOffPair();

  it('is one that a shutdown interrupted', async (t) => {
    const { chat, two, model, url } = { ...ending(), chat: ending().chat() };
    await chat.say(two, 'hold through shutdowns');
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const options = { simulator: { responder: model.responder }, env: { DRAIN_SECONDS: '0' } };
      const ended = await startInstance(t, url, options);
      await model.whenHeld('hold through shutdowns', attempt);
      await ended.close();
    }
    model.release('hold through shutdowns');
    await startInstance(t, url, { simulator: { responder: model.responder } });
    assert.equal((await chat.reply(1)).text, 'Re: hold through shutdowns');
    await chat.ask(two, 'after shutdowns');
    assert.equal(chat.messages.length, 2);
    assert.deepEqual(await deadLetters(url), []);
  });

  const ending = sharedPair({ one: ANSWERS_NOTHING });
});
