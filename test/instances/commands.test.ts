import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { errors, says } from '../conversation/fault-answers.ts';
import { until } from '../conversation/talk.ts';
import { startRawModel } from '../support/raw-model.ts';
import { eventually, linesOf } from './instances.ts';
import { stepOf } from './steps.ts';
import { countOf, PATIENCE, startRunning, startTwo, textsAsked, useAzurite } from './two.ts';

/** After so long a message that waited looks whether it is still kept. */
const LONG_WAIT_MS = 600;
/** By its own clock a message has then waited for no time at all, however long this has taken. */
const SLOW_MACHINE_MS = 3_000;
/** So often an instance looks whether what it answers was stopped at another. */
const LOOK_MS = 1_000;

useAzurite();

describe('a command at one instance, for a conversation at another', PATIENCE, () => {
  it('/stop ends the running answer within two seconds, with the text so far, and drops what waits', async (t) => {
    const { world, one, two } = await startTwo(t);
    const text = 'one two three four five six seven eight';
    world.answers('first', { outputs: [{ text }], ending: { kind: 'hang', afterDeltas: 3 } });
    await one.says('first');
    await world.asked.when(1);
    await one.says('second');
    await two.says('third');
    // So that all three have waited for some time.
    for (const { clock } of [one, two]) clock.skip(LOOK_MS);
    await until(() => countOf(one, 'look at pending') >= 1);
    const begunMs = one.clock.now();
    assert.equal((await two.ask('/stop')).text, en.commands.stopped);
    one.clock.skip(LOOK_MS);
    const [, shown = ''] = await world.whenSaid(2);
    assert.ok(one.clock.now() - begunMs < 2_000, `${one.clock.now() - begunMs} ms`);
    assert.ok(shown !== '' && text.startsWith(shown), shown);
    await world.whenAnswered();
    await one.ask('fourth');
    assert.deepEqual(textsAsked(world), ['first', 'fourth']);
    assert.equal(world.said.length, 3);
  });

  it('/stop drops what was accepted just before', async (t) => {
    const { world, one, two } = await startRunning(t);
    const looked = Promise.withResolvers<void>();
    one.proxy.rule = (request) =>
      stepOf(request) === 'look at pending' ? looked.promise.then(() => undefined) : undefined;
    for (const { clock } of [one, two]) clock.skip(LOOK_MS);
    await until(() => countOf(one, 'look at pending') >= 1);
    await one.says('second');
    assert.equal((await two.ask('/stop')).text, en.commands.stopped);
    await world.whenAnswered();
    one.clock.skip(-SLOW_MACHINE_MS);
    looked.resolve();
    one.proxy.rule = () => undefined;
    await one.ask('third');
    await world.whenAnswered();
    assert.deepEqual(textsAsked(world), ['first', 'third']);
  });

  it('/reset has the past forgotten, also by a session that is warm there', async (t) => {
    const { world, one, two, release } = await startRunning(t);
    await two.ask('/reset');
    release();
    await world.whenSaid(2);
    await until(() => countOf(two, 'write record') >= 1);
    await world.whenAnswered();
    // The write has arrived; what comes over it goes after it.
    await two.ask('/usage');
    await one.ask('second');
    assert.deepEqual(world.asked.all.map(linesOf), [[], []]);
  });

  it('/voice and /audio hold there from the next answer on', async (t) => {
    const { world, one, two } = await startTwo(t);
    await one.ask('first');
    await world.whenAnswered();
    for (const command of ['/voice cedar', '/audio off']) {
      const writes = countOf(two, 'write record');
      await two.ask(command);
      await until(() => countOf(two, 'write record') > writes);
      // A claim waits for the change: it is written over what was there, or reads again.
      await world.whenAnswered();
    }
    await one.ask('second');
    assert.deepEqual(world.sessions, [
      ['audio', 'alloy'],
      ['text', 'cedar'],
    ]);
  });

  for (const [when, release] of [
    ['while an answer is made', false],
    ['when an answer comes to its end at that moment', true],
  ] as const) {
    it(`/forget leaves nothing, ${when}`, async (t) => {
      const { world, one, two } = await startTwo(t);
      await one.ask('before');
      assert.equal((await world.audio()).length, 1);
      const end = world.hold('first');
      await one.says('first');
      await world.asked.when(2);
      await two.says('/forget');
      // The command is kept, and what it ends is marked.
      await until(() => countOf(two, 'write pending') >= 2);
      if (release) end();
      else for (const { clock } of [one, two]) clock.skip(LOOK_MS);
      await until(() => world.said.includes(en.commands.forgotten(undefined)));
      await world.whenAnswered();
      assert.deepEqual(await world.state('conversations/'), []);
      assert.deepEqual(await world.audio(), [], 'all sound is gone');
      await one.ask('second');
      assert.deepEqual(linesOf(world.asked.all.at(-1) ?? assert.fail()), []);
    });
  }

  it('/forget leaves nothing where nothing runs, and the warm session there knows nothing', async (t) => {
    const { world, one, two } = await startTwo(t);
    await one.ask('first');
    await world.whenAnswered();
    assert.equal((await two.ask('/forget')).text, en.commands.forgotten(undefined));
    assert.deepEqual(await world.state('conversations/'), []);
    assert.deepEqual(await world.audio(), []);
    await one.ask('second');
    assert.deepEqual(world.asked.all.map(linesOf), [[], []]);
  });

  it('/forget leaves nothing where a message waits at another instance', async (t) => {
    const { world, one, two } = await startRunning(t);
    await two.says('second');
    await until(() => countOf(two, 'read record') >= 1);
    const looks = Promise.withResolvers<void>();
    two.proxy.rule = (request) => (stepOf(request) === 'read record' ? looks.promise.then(() => undefined) : undefined);
    await one.says('/forget');
    await until(() => world.said.includes(en.commands.forgotten(undefined)));
    assert.deepEqual(await world.state('conversations/'), []);
    const claims = countOf(two, 'write record');
    looks.resolve();
    // It looks for its message, which is gone, and lets go.
    await until(() => countOf(two, 'list pending') >= 1);
    await until(() => countOf(two, 'write record') + countOf(two, 'delete record') >= claims + 2);
    for (let round = 0; round < 3; round++) await fetch(`${two.url}/health`);
    assert.deepEqual(await world.state('conversations/'), []);
    await one.ask('third');
    assert.deepEqual(textsAsked(world), ['first', 'third']);
  });

  it('a message that was taken back gets no answer', async (t) => {
    const { world, one, two, release } = await startRunning(t);
    const second = await one.says('second');
    await two.post({ ...second, type: 'messageDelete', text: undefined });
    await until(() => countOf(two, 'write pending') >= 1);
    await eventually(async () => (await world.pending()).length === 1);
    one.clock.skip(LONG_WAIT_MS);
    release();
    await world.whenSaid(1);
    await one.ask('third');
    assert.deepEqual(textsAsked(world), ['first', 'third']);
    assert.deepEqual(world.said, ['re: first', 're: third']);
  });

  it('a message that was taken back while it is answered is not remembered', async (t) => {
    const { world, one, two } = await startTwo(t);
    await one.ask('before');
    const message = await one.says('first');
    await world.whenSaid(2);
    await world.whenAnswered();
    await two.post({ ...message, type: 'messageDelete', text: undefined });
    await until(() => countOf(two, 'write record') >= 1);
    await two.ask('second');
    assert.deepEqual(linesOf(world.asked.all.at(-1) ?? assert.fail()), ['user: before', 'assistant: re: before']);
  });
});

describe('voice refused at one instance', PATIENCE, () => {
  it('is chosen no longer at any other', async (t) => {
    const refusal = errors({ code: 'invalid_value', param: 'session.audio.output.voice' });
    const model = await startRawModel([refusal, says('One'), says('Two')]);
    const { world, one, two } = await startTwo(t, { AZURE_OPENAI_ENDPOINT: model.url });
    t.after(() => model.close());
    await two.ask('/voice ash');
    const { text } = await one.ask('first');
    assert.equal(text, `One\n\n${en.commands.voiceRefused('ash', 'alloy')}`);
    await world.whenAnswered();
    assert.equal((await two.ask('second')).text, 'Two');
    assert.deepEqual(model.voices, ['ash', 'alloy', 'alloy']);
  });
});
