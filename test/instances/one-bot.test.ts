import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Responder, ResponderContext } from '../../dev/simulator/responder.ts';
import { en } from '../../src/messages/en.ts';
import { preparedDatabase } from '../database/open-database.ts';
import type { BotUnderTest } from '../support/bot.ts';
import type { ConnectorCall } from '../support/fake-connector.ts';
import { startInstance } from './instance.ts';

const LONG = { timeout: 60_000 };
const ANSWERS_NOTHING = { env: { DISPATCH: 'false' } };

const textsOf = (messages: readonly ConnectorCall[]) => messages.map(({ body }) => String(body.text));

/** A model behind all instances: it echoes, and holds the answers to texts that begin with "hold". */
function echo() {
  const contexts: ResponderContext[] = [];
  const gate = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const responder: Responder = (context) => {
    contexts.push(context);
    const answer = { outputs: [{ text: `Re: ${context.text}` }], ending: { kind: 'completed' } } as const;
    if (!context.text.startsWith('hold')) return answer;
    held.resolve();
    return { ...answer, gate: gate.promise };
  };
  return { responder, contexts, release: () => gate.resolve(), whenHeld: held.promise };
}

let count = 0;

/** A message of one user in one conversation, whose answer goes to the channel of `home` from any instance. */
async function say(bot: BotUnderTest, home: BotUnderTest, text: string): Promise<void> {
  const { status } = await bot.says(text, { id: `message-${++count}`, serviceUrl: home.connector.url });
  assert.equal(status, 200);
}

async function startTwo(t: TestContext, second = {}) {
  const url = await preparedDatabase();
  const model = echo();
  const one = await startInstance(t, url, { simulator: { responder: model.responder } });
  const two = await startInstance(t, url, { simulator: { responder: model.responder }, ...second });
  return { url, model, one, two };
}

describe('two instances on one database', LONG, () => {
  it('answer in the order of the messages, and remember all of them', async (t) => {
    const { model, one, two } = await startTwo(t);
    const texts = Array.from({ length: 12 }, (_, index) => `message ${index}`);
    for (const [index, text] of texts.entries()) await say(index % 2 === 0 ? one : two, one, text);
    const expected = texts.map((text) => `Re: ${text}`);
    assert.deepEqual(textsOf(await one.connector.whenMessages(texts.length)), expected);
    const said = model.contexts.at(-1)?.history.map(({ text }) => text);
    assert.deepEqual(
      said,
      texts.slice(0, -1).flatMap((text) => [text, `Re: ${text}`]),
    );
  });

  it('stop a turn that the other one runs', async (t) => {
    const { model, one, two } = await startTwo(t, ANSWERS_NOTHING);
    await say(one, one, 'hold on');
    await model.whenHeld;
    await say(one, one, 'waiting');
    await say(two, one, '/stop');
    assert.deepEqual(textsOf(await one.connector.whenMessages(1)), [en.commands.stopped(1)]);
    await say(two, one, 'next');
    assert.deepEqual(textsOf(await one.connector.whenMessages(2)), [en.commands.stopped(1), 'Re: next']);
    assert.deepEqual(
      model.contexts.map(({ text }) => text),
      ['hold on', 'next'],
    );
    model.release();
  });

  it('execute a command, whichever of them gets it', async (t) => {
    const { model, one, two } = await startTwo(t, ANSWERS_NOTHING);
    await say(one, one, 'first');
    await one.connector.whenMessages(1);
    await say(two, one, '/voice marin');
    await say(one, one, 'second');
    await one.connector.whenMessages(3);
    const sent = one.events.filter(({ from, event }) => from === 'client' && event['type'] === 'session.update');
    assert.match(JSON.stringify(sent.at(-1)), /"voice":"marin"/);
    assert.equal(model.contexts[1]?.history.length, 2);
    for (const command of ['/reset', '/forget yes']) {
      const sentCount = one.connector.messages.length;
      await say(two, one, command);
      await say(one, one, `after ${command}`);
      await one.connector.whenMessages(sentCount + 2);
      assert.deepEqual(model.contexts.at(-1)?.history, [], command);
    }
  });

  it('take over running and queued turns when the other one shuts down', async (t) => {
    const url = await preparedDatabase();
    const model = echo();
    const first = await startInstance(t, url, {
      simulator: { responder: model.responder },
      env: { DRAIN_SECONDS: '0' },
    });
    const home = await startInstance(t, url, { simulator: { responder: model.responder }, ...ANSWERS_NOTHING });
    await say(first, home, 'hold on');
    await model.whenHeld;
    await say(first, home, 'waiting');
    await first.app.close();
    model.release();
    await startInstance(t, url, { simulator: { responder: model.responder } });
    assert.deepEqual(textsOf(await home.connector.whenMessages(2)), ['Re: hold on', 'Re: waiting']);
  });
});
