import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import type { Env } from '../../src/config/env.ts';
import { de } from '../../src/messages/de.ts';
import { en } from '../../src/messages/en.ts';
import { startTimedBot, textsOf } from './timed-bot.ts';

const PRICED = { AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5', REALTIME_MAX_OUTPUT_TOKENS: '1000' };
const SCRIPTED = fileURLToPath(new URL('../tools/scripted-stdio.ts', import.meta.url));
/** Two seconds are 40 audio tokens. */
const spoken = (text: string, ...outputs: object[]): ScriptedTurn =>
  ({ outputs: [{ text, pcm: Buffer.alloc(96_000, 3) }, ...outputs], ending: { kind: 'completed' } }) as ScriptedTurn;
const CALL = { call: { name: 'order_status', arguments: '{"orderNumber":"4711"}' } };
const calls: ScriptedTurn = { outputs: [CALL], ending: { kind: 'completed' } };

async function start(t: TestContext, turns: readonly ScriptedTurn[], env: Env) {
  const bot = await startTimedBot({ turns, env: { ...PRICED, ...env } });
  t.after(() => bot[Symbol.asyncDispose]());
  return bot;
}

/** A configuration with a server that has so many tools of 1,000 bytes. */
async function serverWith(count: number): Promise<string> {
  const config = join(await mkdtemp(join(tmpdir(), 'mcp-')), 'mcp.json');
  const entry = { command: process.execPath, args: [SCRIPTED, String(count)], approval: 'never' };
  await writeFile(config, JSON.stringify({ mcpServers: { big: entry } }));
  return config;
}

describe('a budget', { timeout: 60_000 }, () => {
  it('counts the tools: it allows a turn with few of them, and not one with 40 large ones', async (t) => {
    const env = { DAILY_BUDGET_USD: '0.1' };
    const without = await start(t, ['One'], env);
    await without.says('hello');
    assert.deepEqual(textsOf(await without.replies(1)), ['One']);
    const bot = await start(t, [], { ...env, MCP_CONFIG: await serverWith(40) });
    await bot.logged('tools listed');
    await bot.says('hello');
    assert.deepEqual(textsOf(await bot.replies(1)), [en.limits.day]);
    const [refused] = await bot.logged('message refused: over budget');
    assert.ok(Number(refused?.['neededUsd']) > 40 * 1_000 * 4e-6, JSON.stringify(refused));
  });

  it('ends a turn before the response that would exceed it, without running the calls, and says so', async (t) => {
    const env = { EXAMPLE_TOOLS: 'true', CONVERSATION_BUDGET_USD: '0.2' };
    const bot = await start(t, [calls, calls], env);
    await bot.says('What is the status of order 4711?');
    assert.deepEqual(textsOf(await bot.replies(1)), [`${en.cutShort.budget}\n\n${en.limits.conversation}`]);
    await bot.says('Und jetzt?', { locale: 'de-DE' });
    assert.equal(textsOf(await bot.replies(2))[1], `${de.cutShort.budget}\n\n${de.limits.conversation}`);
    assert.ok(!bot.logs.some(({ msg }) => msg === 'tool called'));
    const [ended] = await bot.logged('turn ended');
    assert.deepEqual([ended?.['result'], ended?.['why']], ['cutShort', 'budget']);
    assert.equal(bot.script.contexts.length, 2);
  });

  it('keeps what was said before that response', async (t) => {
    const env = { EXAMPLE_TOOLS: 'true', DAILY_BUDGET_USD: '0.2' };
    const bot = await start(t, [spoken('Let me look.', CALL)], env);
    await bot.says('What is the status of order 4711?');
    const [reply] = await bot.replies(1);
    assert.equal(reply?.body.text, `Let me look.\n\n${en.cutShort.budget}\n\n${en.limits.day}`);
    assert.equal(reply?.body.attachments[0].contentType, 'audio/wav');
  });

  it('that is large enough allows the calls', async (t) => {
    const env = { EXAMPLE_TOOLS: 'true', DAILY_BUDGET_USD: '1' };
    const bot = await start(t, [calls, spoken('It was shipped.')], env);
    await bot.says('What is the status of order 4711?');
    assert.deepEqual(textsOf(await bot.replies(1)), ['It was shipped.']);
  });
});
