import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { until } from '../conversation/talk.ts';
import { type Azurite, sharedAzurite } from '../support/azurite.ts';
import { storageError } from '../support/storage-proxy.ts';
import { eventually, linesOf, startWorld, type World } from './instances.ts';
import { SkipClock } from './skip-clock.ts';
import { stepOf, stepsOf } from './steps.ts';

const PATIENCE = { timeout: 100_000 };
/** Whatever an instance left without a word is taken over after so long. */
const LONG_MS = 90_000;

let azurite: Azurite;
before(async () => {
  azurite = await sharedAzurite();
});

const textsAsked = (world: World) => world.asked.all.map(({ text }) => text);
const UNAVAILABLE = storageError(503, 'ServerBusy');

describe('what is refused', PATIENCE, () => {
  it('is not answered as well by an instance that has the next message', async (t) => {
    const world = await startWorld(t, azurite);
    const [one, two] = [await world.start(), await world.start()];
    const sent = Promise.withResolvers<void>();
    world.connector.rule = (call, response) => {
      if (call.body?.text !== en.textMissing) return undefined;
      void sent.promise.then(() => response.end('{"id":"late"}'));
      return 'handled';
    };
    await one.says('');
    await world.connector.when(({ body }) => body?.text === en.textMissing);
    assert.equal((await two.ask('next')).text, 're: next');
    sent.resolve();
    assert.deepEqual(textsAsked(world), ['next']);
    await world.whenAnswered();
  });

  it('is refused once, whatever became of that', async (t) => {
    const world = await startWorld(t, azurite);
    const one = await world.start();
    world.connector.rule = ({ body }) => (body?.text === en.textMissing ? { status: 500 } : undefined);
    await one.says('');
    await world.connector.when(({ body }) => body?.text === en.textMissing);
    await world.whenAnswered();
    const later = await world.start({ clock: new SkipClock(LONG_MS) });
    await later.ask('next');
    assert.equal(world.connector.calls.filter(({ body }) => body?.text === en.textMissing).length, 1);
  });
});

describe('a command', PATIENCE, () => {
  it('is obeyed once, also where its confirmation did not go out', async (t) => {
    const world = await startWorld(t, azurite);
    const one = await world.start();
    const reset = en.commands.reset(undefined);
    world.connector.rule = ({ body }) => (body?.text === reset ? { status: 500 } : undefined);
    await one.says('/reset');
    await world.connector.when(({ body }) => body?.text === reset);
    await one.ask('my name is Ada');
    await world.whenAnswered();
    const later = await world.start({ clock: new SkipClock(LONG_MS) });
    await later.ask('who am I?');
    assert.deepEqual(linesOf(world.asked.all.at(-1) ?? assert.fail()), [
      'user: my name is Ada',
      'assistant: re: my name is Ada',
    ]);
  });

  it('/stop leaves alone what is said after it', async (t) => {
    const world = await startWorld(t, azurite);
    const [one, two] = [await world.start(), await world.start()];
    const end = world.hold('first');
    await one.says('first');
    await world.asked.when(1);
    const listed = Promise.withResolvers<void>();
    two.proxy.rule = (request) =>
      stepOf(request) === 'list pending' ? listed.promise.then(() => undefined) : undefined;
    await two.says('/stop');
    await until(() => stepsOf(two.proxy.requests).includes('list pending'));
    const behind = world.hold('after');
    await one.says('after');
    listed.resolve();
    await eventually(async () => (await world.pending()).length === 1);
    end();
    behind();
    await until(() => world.said.includes('re: after'));
    assert.ok(world.said.includes(en.commands.stopped));
  });

  it('/stop drops what waits, however long its mark takes', async (t) => {
    const world = await startWorld(t, azurite);
    const one = await world.start();
    const end = world.hold('first');
    await one.says('first');
    await world.asked.when(1);
    await one.says('second');
    let busy = 6;
    one.proxy.rule = (request) => {
      const isMark = stepOf(request) === 'write pending' && request.bodyBytes === 0;
      return isMark && busy-- > 0 ? UNAVAILABLE : undefined;
    };
    await one.ask('/stop');
    await one.says('third');
    end();
    await until(() => world.said.includes('re: third'));
    await world.whenAnswered();
    assert.deepEqual(textsAsked(world), ['first', 'third']);
  });

  it('/forget deletes what was put aside, too', async (t) => {
    const world = await startWorld(t, azurite);
    const one = await world.start();
    world.connector.rule = ({ body }) => (body?.text === 're: first' ? { status: 500 } : undefined);
    await one.says('first');
    await eventually(async () => (await world.state('failed/')).length === 1);
    assert.equal((await one.ask('/forget')).text, en.commands.forgotten(undefined));
    assert.deepEqual(await world.state('failed/'), []);
    assert.deepEqual(await world.state('conversations/'), []);
  });
});

describe('an answer within its request', PATIENCE, () => {
  it('comes also where it cannot be kept', async (t) => {
    const world = await startWorld(t, azurite);
    const one = await world.start();
    const end = world.hold('first');
    const posted = one.post(world.message('first', { deliveryMode: 'expectReplies' }));
    await world.asked.when(1);
    one.proxy.rule = (request) => (stepOf(request).startsWith('look') ? undefined : UNAVAILABLE);
    end();
    // Three seconds are waited for each of two writes.
    for (let writes = 0, from = one.clock.history.length; writes < 2; writes++, from = one.clock.history.length) {
      await one.clock.whenSet(3_000, from);
      one.clock.skip(3_000);
    }
    const { activities } = (await (await posted).json()) as { activities: { text?: string }[] };
    assert.equal(activities.at(-1)?.text, 're: first');
  });
});
