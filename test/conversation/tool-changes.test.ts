import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startBot } from '../support/bot.ts';

const SCRIPTED = fileURLToPath(new URL('../tools/scripted-stdio.ts', import.meta.url));

describe('a list of tools that changes during a turn', { timeout: 60_000 }, () => {
  it('reaches the model with the next turn, on the same session', async (t) => {
    const config = join(await mkdtemp(join(tmpdir(), 'mcp-')), 'mcp.json');
    const entry = { command: process.execPath, args: [SCRIPTED], approval: 'never' };
    await writeFile(config, JSON.stringify({ mcpServers: { shop: entry } }));
    const call = { name: 'shop__adds_tool', arguments: '{}' };
    const turns = [{ outputs: [{ call }], ending: { kind: 'completed' } } as const, 'Added.', 'Yes.'];
    const bot = await startBot({ turns, env: { MCP_CONFIG: config } });
    t.after(() => bot.close());
    await bot.logged('tools listed');
    await bot.says('Add one.');
    await bot.connector.whenMessages(1);
    await bot.logged('tools listed', 2);
    await bot.says('Is it there?');
    await bot.connector.whenMessages(2);
    const updates = bot.events.filter(({ event }) => event['type'] === 'session.update');
    const lists = updates.map(({ event }) => {
      const { tools } = event['session'] as { tools: { name: string }[] };
      return tools.map(({ name }) => name);
    });
    assert.equal(lists.length, 2);
    assert.ok(!lists[0]?.includes('shop__added'));
    assert.deepEqual(lists[1], [...(lists[0] ?? []), 'shop__added']);
    assert.equal(new Set(bot.events.map(({ sessionId }) => sessionId)).size, 1);
    // A tool that is new is no changed one.
    assert.ok(!bot.logs.some(({ msg }) => msg === 'tool has changed'));
  });
});

describe('an MCP server that cannot be reached', { timeout: 60_000 }, () => {
  it('is named to the model by a call of its tools, and to the people who may use it by /tools', async (t) => {
    const config = join(await mkdtemp(join(tmpdir(), 'mcp-')), 'mcp.json');
    const program = { command: '/no/such/program' };
    await writeFile(
      config,
      JSON.stringify({ mcpServers: { shop: program, vault: { ...program, users: ['nobody'] } } }),
    );
    const call = { name: 'shop__order', arguments: '{}' };
    const turns = [{ outputs: [{ call }], ending: { kind: 'completed' } } as const, 'I cannot.'];
    const bot = await startBot({ turns, env: { MCP_CONFIG: config } });
    t.after(() => bot.close());
    await bot.logged('MCP server not connected', 2);
    await bot.says('Order one.');
    await bot.connector.whenMessages(1);
    const outputs = bot.events.flatMap(({ event }) => {
      const { type, output } = (event['item'] ?? {}) as { type?: string; output?: string };
      return type === 'function_call_output' ? [String(output)] : [];
    });
    assert.match(
      outputs[0] ?? '',
      /no tool .*shop__order.* Servers that cannot be reached at the moment: shop\. There are/,
    );
    await bot.says('/tools');
    await bot.connector.whenMessages(2);
    assert.match(bot.connector.messages[1]?.body.text ?? '', /\n\nNot reachable at the moment: shop$/);
  });
});
