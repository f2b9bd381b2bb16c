import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { eventually, spoken } from './instances.ts';
import { inConversation, PATIENCE, startAlone, startRunning, startTwo, textsAsked, useAzurite } from './two.ts';

const FOUR_SECONDS = new Uint8Array(192_000);

useAzurite();

describe('budgets of two instances', PATIENCE, () => {
  const priced = { AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5' };

  it('of a day are one: also what the other has only set aside counts', async (t) => {
    // One answer of up to 4,096 tokens of speech is less than that, and two are more.
    const { world, two, release } = await startRunning(t, { ...priced, DAILY_BUDGET_USD: '0.5' });
    await eventually(async () => (await world.state('spending/')).length > 0);
    assert.equal((await two.ask('second', inConversation('other'))).text, en.limits.day);
    release();
    await world.whenSaid(2);
    await world.whenAnswered();
    assert.equal((await two.ask('third', inConversation('other'))).text, 're: third');
    assert.deepEqual(textsAsked(world), ['first', 'third']);
  });

  it('of a day hold after a restart', async (t) => {
    const env = { ...priced, DAILY_BUDGET_USD: '0.02', REALTIME_MAX_OUTPUT_TOKENS: '80' };
    const world = await startAlone(t, env);
    const answered: number[] = [];
    for (let starts = 0; starts < 3; starts++) {
      const instance = await world.start();
      let count = -1;
      for (let said = ''; said !== en.limits.day; count++) {
        assert.ok(count < 20, `${answered}, ${count}`);
        const text = `${starts}-${count}`;
        world.answers(text, spoken(`re: ${text}`, FOUR_SECONDS));
        said = (await instance.ask(text, inConversation(text))).text;
      }
      answered.push(count);
      await instance.close();
    }
    const [first = 0, ...others] = answered;
    assert.ok(first > 1, `${answered}`);
    // What the last turn of an instance has really cost the next one may not have known.
    assert.ok(
      others.every((count) => count <= 1),
      `${answered}`,
    );
  });

  it('of a conversation are in its record', async (t) => {
    const env = { ...priced, CONVERSATION_BUDGET_USD: '0.02', REALTIME_MAX_OUTPUT_TOKENS: '80' };
    const { world, one, two } = await startTwo(t, env);
    let turns = -1;
    for (let said = ''; said !== en.limits.conversation; turns++) {
      assert.ok(turns < 20);
      const text = `turn ${turns}`;
      world.answers(text, spoken(`re: ${text}`, FOUR_SECONDS));
      said = (await (turns % 2 === 0 ? one : two).ask(text)).text;
    }
    assert.ok(turns > 1, `${turns}`);
    for (const instance of [one, two]) {
      assert.equal((await instance.ask('more')).text, en.limits.conversation);
      const cost = Number(/\$(0\.\d+)/.exec((await instance.ask('/usage')).text)?.[1]);
      assert.ok(cost <= 0.02, `${cost}`);
    }
    assert.equal((await one.ask('elsewhere', inConversation('other'))).text, 're: elsewhere');
    assert.equal(world.asked.all.length, turns + 1);
  });
});
