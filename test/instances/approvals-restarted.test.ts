import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/database.ts';
import { en } from '../../src/messages/en.ts';
import { ApprovalChat, startApproving, startFarEnds } from '../conversation/approving.ts';
import { until } from '../conversation/timed-bot.ts';
import { preparedDatabase } from '../database/open-database.ts';
import type { Closing } from '../support/closing.ts';
import { answerWith, type Interceptor } from '../tools/scripted-http.ts';

const { approval: texts, tools } = en;
/** Nothing can be reached. */
const unreachable: Interceptor = (_, response) => {
  answerWith(response, 503);
  return true;
};

/** Instances on one database, one after another, with one MCP server. */
async function startSuccession(closing: Closing) {
  const env = { DATABASE_URL: await preparedDatabase(), DRAIN_SECONDS: '0' };
  const farEnds = await startFarEnds(closing);
  const start = async (ready?: string, more: Readonly<Record<string, string>> = {}) => {
    const under = await startApproving(closing, { env: { ...env, ...more }, deps: { openDatabase } }, farEnds, ready);
    await under.bot.logged('database connected');
    return under;
  };
  const first = await start();
  return { first, start, ...farEnds, chat: new ApprovalChat(first.bot) };
}

describe('a decision after a restart', { timeout: 60_000 }, () => {
  it('waits until the server has listed its tools', async (t) => {
    const { first, start, mcp, tools: listed, chat } = await startSuccession(t);
    await chat.ask('do note A');
    await first.bot.app.close();
    const held: (() => void)[] = [];
    mcp.intercept = ({ id, rpc }, response) => {
      if (rpc !== 'tools/list') return false;
      response.setHeader('content-type', 'application/json');
      const list = JSON.stringify({ jsonrpc: '2.0', id, result: { tools: listed } });
      held.push(() => answerWith(response, 200, list));
      return true;
    };
    const later = await start('database connected');
    await until(() => held.length > 0);
    const { connector } = first.bot;
    const typing = () => connector.calls.filter(({ body }) => body?.type === 'typing').length;
    const before = typing();
    await chat.post(chat.activity('/allow'), later.bot);
    await until(() => typing() > before);
    mcp.intercept = () => false;
    for (const release of held) release();
    await chat.whenSaid('Said: echo: {"text":"A"}');
    assert.equal(later.ran('A'), 1);
  });

  it('stays open while the server was never reached', async (t) => {
    const { first, start, mcp, chat } = await startSuccession(t);
    await chat.ask('do note B');
    await first.bot.app.close();
    mcp.intercept = unreachable;
    const later = await start('MCP server not connected');
    await chat.post(chat.activity('/allow'), later.bot);
    await chat.whenSaid(`${tools.notReachable('srv')}\n\n${texts.stillWaits('Write a note')}`);
    mcp.intercept = () => false;
    await later.bot.logged('tools listed');
    await chat.post(chat.activity('/allow'), later.bot);
    await chat.whenSaid('Said: echo: {"text":"B"}');
    assert.equal(later.ran('B'), 1);
  });

  const pass: Interceptor = () => false;
  const BUDGET = { AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5', CONVERSATION_BUDGET_USD: '0.000001' };
  for (const [name, intercept, ready, change, env] of [
    ['its server cannot be reached', unreachable, 'MCP server not connected', {}, {}],
    ['its tool has changed', pass, 'tools listed', { description: 'Does something else.' }, {}],
    ['a budget refuses the answer', pass, 'tools listed', {}, BUDGET],
  ] as const) {
    it(`says that its call was done if that ran before the restart, even if ${name}`, async (t) => {
      const { first, start, mcp, model, tools: listed, chat } = await startSuccession(t);
      await chat.ask('do note C');
      const { held } = model.hold('do note C');
      await chat.say('/allow');
      await held;
      await first.bot.app.close();
      mcp.intercept = intercept;
      Object.assign(listed[0] ?? {}, change);
      const later = await start(ready, env);
      await chat.whenSaid(texts.done('Write a note'));
      const others = [texts.changed('Write a note'), texts.stillWaits('Write a note')];
      assert.ok(!others.some((text) => chat.texts.join().includes(text)));
      assert.equal(later.ran('C'), 1);
    });
  }
});
