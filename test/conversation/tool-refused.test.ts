import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type RawAnswer, startRawModel } from '../support/raw-model.ts';
import { errors, says } from './fault-answers.ts';
import { startTimedBot, type TimedBot } from './timed-bot.ts';

const REFUSED = 'tool left out: rejected by the service';
const byField = errors(
  { code: 'unknown_parameter', param: 'session.tools[1].parameters.properties' },
  'session.update',
);

/** A bot with two tools, and a model that answers frame by frame as scripted. */
async function startWith(t: TestContext, answers: readonly RawAnswer[]) {
  const model = await startRawModel(answers);
  const bot = await startTimedBot({ env: { AZURE_OPENAI_ENDPOINT: model.url, EXAMPLE_TOOLS: 'true' } });
  t.after(async () => {
    await bot[Symbol.asyncDispose]();
    await model.close();
  });
  return { bot, model };
}

async function ask(bot: TimedBot, text: string, fields: Record<string, unknown> = {}): Promise<string> {
  const before = bot.connector.messages.length;
  await bot.says(text, fields);
  return (await bot.replies(before + 1)).at(-1)?.body.text;
}

describe('a tool that the service rejects', { timeout: 60_000 }, () => {
  it('is left out alone: the turn is answered, later turns go without it, and one log line names it', async (t) => {
    const { bot, model } = await startWith(t, [byField, says('One'), says('Two'), says('Other')]);
    assert.equal(await ask(bot, 'first'), 'One');
    assert.equal(await ask(bot, 'second'), 'Two');
    assert.equal(await ask(bot, 'third', { conversation: { id: 'other' } }), 'Other');
    const [all, ...others] = model.tools;
    assert.deepEqual(all, ['current_time', 'order_status', 'create_ticket']);
    assert.ok(others.length >= 2);
    for (const tools of others) assert.deepEqual(tools, ['current_time', 'create_ticket']);
    const lines = bot.logs.filter(({ msg }) => msg === REFUSED);
    assert.deepEqual(
      lines.map(({ tool }) => tool),
      ['order_status'],
    );
  });

  it('may be unnamed: the turn goes without tools, and the next one tries again', async (t) => {
    const unnamed = errors({ param: 'session.tools' }, 'session.update');
    const { bot, model } = await startWith(t, [unnamed, says('One'), says('Two')]);
    assert.equal(await ask(bot, 'first'), 'One');
    assert.equal(await ask(bot, 'second'), 'Two');
    const all = ['current_time', 'order_status', 'create_ticket'];
    assert.deepEqual(model.tools, [all, [], all]);
    await bot.logged('functions rejected by the service: the turn goes without any');
    assert.ok(!bot.logs.some(({ msg }) => msg === REFUSED));
  });
});
