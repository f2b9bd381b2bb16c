import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MOST_WAITING } from '../../src/conversation/turn-queue.ts';
import { en } from '../../src/messages/en.ts';
import { until } from '../conversation/talk.ts';
import { once } from '../storage/storage-under-test.ts';
import { speak } from '../support/invited.ts';
import type { StorageRequest } from '../support/storage-proxy.ts';
import { eventually, type Instance, spoken, type World } from './instances.ts';
import { SkipClock } from './skip-clock.ts';
import { PATIENCE, skipLooks, startTwo, useAzurite } from './two.ts';

useAzurite();

/** Asks one instance for the page; resolves with its path, which is the same at every other. */
async function invited(instance: Instance): Promise<string> {
  const { text } = await instance.ask('/talk');
  return new URL(/\]\((\S+)\)$/.exec(text)?.[1] ?? '').pathname;
}

/** Two instances that answer what is spoken. */
async function startHearing(...parameters: Parameters<typeof startTwo>) {
  const both = await startTwo(...parameters);
  both.world.answers('', spoken('I heard you'));
  return both;
}

const answersIn = ({ said }: World): number => said.filter((text) => text === 'I heard you').length;
const isAbout = (folder: string) => (request: StorageRequest) =>
  decodeURIComponent(request.path).includes(`/${folder}/`);

describe('the page on which to speak, of one instance', PATIENCE, () => {
  it('is shown by another, which takes what is spoken', async (t) => {
    const { world, one, two } = await startHearing(t);
    const path = await invited(one);
    assert.equal((await fetch(two.url + path)).status, 200);
    assert.equal((await speak(two.url + path)).status, 202);
    await world.whenSaid(2);
    await world.whenAnswered();
    for (const { url } of [one, two]) {
      assert.equal((await fetch(url + path)).status, 404);
      assert.equal((await speak(url + path)).status, 404);
    }
    assert.deepEqual(await world.state('invitations/'), []);
    assert.equal(answersIn(world), 1);
  });

  it('takes one of two recordings that come to both at the same moment', async (t) => {
    const { world, one, two } = await startHearing(t);
    for (let round = 1; round <= 5; round++) {
      const path = await invited(one);
      const responses = await Promise.all([one, two, one, two].map(({ url }) => speak(url + path)));
      // Each instance receives one at a time: the second is told to wait, or that the first was taken.
      const refusals = responses.map(({ status }) => status).filter((status) => status !== 202);
      assert.ok(refusals.length === 3 && refusals.every((status) => [404, 409].includes(status)), String(refusals));
      await until(() => answersIn(world) === round);
      await world.whenAnswered();
    }
    assert.equal(answersIn(world), 5);
    assert.equal((await world.audio()).length, 10, 'five recordings and five answers, and nothing of the others');
  });

  it('keeps no recording for which there is no room', async (t) => {
    const { world, one } = await startHearing(t);
    const path = await invited(one);
    const release = world.hold('first');
    for (let count = 0; count <= MOST_WAITING; count++) await one.says('first');
    for (let count = 0; count < 2; count++) assert.equal((await speak(one.url + path)).status, 503);
    assert.deepEqual(await world.audio(), []);
    release();
    await world.whenAnswered();
    assert.equal((await speak(one.url + path)).status, 202);
    await until(() => answersIn(world) === 1);
  });

  it('is told to be over by whoever answered it long ago', async (t) => {
    const { world, one, two } = await startHearing(t);
    const path = await invited(one);
    // The second one has looked at the invitation, and comes to keeping the message once the first has answered it.
    const gate = Promise.withResolvers<undefined>();
    two.proxy.rule = (request) => (isAbout('pending')(request) ? gate.promise : undefined);
    const late = speak(two.url + path);
    await two.proxy.whenRequest(isAbout('pending'));
    assert.equal((await speak(one.url + path)).status, 202);
    await until(() => answersIn(world) === 1);
    await world.whenAnswered();
    gate.resolve(undefined);
    assert.equal((await late).status, 404);
    assert.equal(answersIn(world), 1);
    // What nobody will ask for is removed once it is certain: the one that was answered stays, and its answer.
    await eventually(async () => (await world.audio()).length === 2);
  });

  it('holds when what was spoken could not be kept, and when nobody knows whether it is used', async (t) => {
    const { world, one, two } = await startHearing(t);
    const path = await invited(one);
    for (const folder of ['audio', 'pending']) {
      two.proxy.rule = (request) => (isAbout(folder)(request) && request.method === 'PUT' ? 'drop' : undefined);
      const refused = await speak(two.url + path);
      assert.equal(refused.status, 503, folder);
      const { message } = (await refused.json()) as { message: string };
      assert.equal(message, en.storage.notKept);
    }
    two.proxy.rule = () => undefined;
    assert.equal((await speak(two.url + path)).status, 202, 'it holds as before');
    await world.whenAnswered();
    for (const fate of ['drop', 'answerLost'] as const) {
      const next = await invited(one);
      once(two.proxy, fate, (request) => request.method === 'DELETE' && isAbout('invitations')(request));
      assert.equal((await speak(two.url + next)).status, 202, fate);
      await world.whenAnswered();
      assert.equal((await speak(one.url + next)).status, 404, fate);
    }
    await until(() => answersIn(world) === 3);
  });

  it('ends with the conversation, whichever instance is told', async (t) => {
    const { world, one, two } = await startHearing(t);
    const path = await invited(one);
    assert.equal((await two.ask('/forget')).text, en.commands.forgotten(undefined));
    assert.equal((await fetch(one.url + path)).status, 404);
    assert.equal((await speak(one.url + path)).status, 404);
    assert.deepEqual([await world.state('invitations/'), await world.audio()], [[], []]);
  });

  it('keeps nothing of what was under way when the conversation was forgotten', async (t) => {
    const { world, one, two } = await startHearing(t);
    const path = await invited(one);
    const looks: StorageRequest[] = [];
    const second = Promise.withResolvers<void>();
    const forgotten = Promise.withResolvers<undefined>();
    two.proxy.rule = (request) => {
      if (request.method !== 'GET' || !isAbout('invitations')(request) || looks.push(request) < 2) return undefined;
      second.resolve();
      return forgotten.promise;
    };
    const sending = speak(two.url + path);
    await second.promise;
    await one.ask('/forget');
    forgotten.resolve(undefined);
    assert.equal((await sending).status, 404);
    assert.deepEqual([await world.audio(), await world.pending()], [[], []]);
    assert.equal(world.asked.all.length, 0);
  });

  it('keeps what was spoken for another instance to answer', async (t) => {
    const { world, one } = await startHearing(t);
    const path = await invited(one);
    world.hold('');
    assert.equal((await speak(one.url + path)).status, 202);
    await world.asked.when(1);
    one.die();
    const clock = new SkipClock(45_000);
    world.answers('', spoken('I heard you'));
    const later = await world.start({ clock });
    await skipLooks(clock);
    await world.asked.when(2);
    assert.ok(later);
  });
});
