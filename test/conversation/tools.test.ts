import assert from 'node:assert/strict';
import { mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import { en } from '../../src/messages/en.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';
import { pdf } from '../tools/documents-under-test.ts';
import { FILESYSTEM } from '../tools/mcp-under-test.ts';

const call = (name: string, args: object = {}) => ({ call: { name, arguments: JSON.stringify(args) } });
const calls = (...outputs: (ReturnType<typeof call> | { text: string })[]): ScriptedTurn => ({
  outputs,
  ending: { kind: 'completed' },
});
/** Answers with the newest tool results. */
const echo: ScriptedTurn = ({ toolResults }) => `Found: ${toolResults.map(({ output }) => output).join(' | ')}`;

/** The tools that the model got. */
function toolsOf(events: BotUnderTest['events']): string[] {
  const update = events.find(({ event: { type } }) => type === 'session.update') ?? assert.fail('no session.update');
  const { tools } = update.event['session'] as { tools: { name: string }[] };
  return tools.map(({ name }) => name);
}

/** A bot with the example functions that gets one question; resolves with its reply. */
async function asked(t: TestContext, turns: readonly ScriptedTurn[], options: BotUnderTestOptions = {}, fields = {}) {
  const bot = await startBot({ turns, ...options, env: { EXAMPLE_TOOLS: 'true', ...options.env } });
  t.after(() => bot.close());
  await bot.says('What is the status of order 4711?', fields);
  await bot.connector.whenMessages(1);
  return { bot, reply: bot.connector.messages[0]?.body, sent: bot.events.filter(({ from }) => from === 'client') };
}

describe('a question that needs a function', () => {
  it("is answered from the function's output, aloud, with the preamble in the same reply", async (t) => {
    const turns = [calls({ text: 'Let me look.' }, call('order_status', { orderNumber: '4711' })), echo];
    const { bot, reply, sent } = await asked(t, turns);
    assert.match(reply.text, /^Let me look\.\n\nFound: \{"status":"shipped"/);
    assert.equal(reply.attachments[0].contentType, 'audio/wav');
    assert.deepEqual(toolsOf(sent), ['current_time', 'order_status', 'create_ticket']);
    const [line] = await bot.logged('tool called');
    assert.deepEqual([line?.['tool'], line?.['end']], ['order_status', 'done']);
    // Neither arguments nor results are logged.
    assert.doesNotMatch(JSON.stringify(bot.logs), /4711|shipped/);
    await bot.close();
  });

  it('is counted in the usage of the turn, and follow-ups go to the same session', async (t) => {
    const turns = [calls(call('current_time')), 'It is noon.', 'And still noon.'];
    const { bot } = await asked(t, turns);
    await bot.says('And now?');
    await bot.connector.whenMessages(2);
    assert.equal(bot.connector.messages[1]?.body.text, 'And still noon.');
    assert.equal(new Set(bot.events.map(({ sessionId }) => sessionId)).size, 1);
    await bot.close();
  });

  it('is remembered with its calls, which a new session also gets', async (t) => {
    const turns = [calls(call('order_status', { orderNumber: '4711' })), 'It was shipped.', 'Yes.'];
    const { bot } = await asked(t, turns);
    await bot.says('/voice marin');
    await bot.connector.whenMessages(2);
    await bot.says('Sure?');
    await bot.connector.whenMessages(3);
    const replayed = bot.events.find(({ event }) => event['previous_item_id'] === 'root');
    assert.match(JSON.stringify(replayed), /order_status \(done\): .{0,20}shipped.*It was shipped/);
    await bot.close();
  });

  it('is answered although the call fails', async (t) => {
    const { bot, reply } = await asked(t, [calls(call('order_status', { orderNumber: 'x' }), call('none')), echo]);
    assert.match(reply.text, /Expected four digits.*There is no tool/s);
    await bot.close();
  });

  it('is not retried if the model breaks after a call, and the spoken part stays', async (t) => {
    const breaks: ScriptedTurn = { outputs: [], ending: { kind: 'disconnect', afterDeltas: 0 } };
    const { bot, reply } = await asked(t, [calls({ text: 'Let me look.' }, call('current_time')), breaks]);
    assert.match(reply.text, /^Let me look\.\n\n/);
    await bot.close();
  });

  it("shows in Web Chat what the bot does, in the user's language", async (t) => {
    const fields = { channelId: 'webchat', locale: 'de-DE' };
    const { bot } = await asked(t, [calls(call('order_status', { orderNumber: '4711' })), 'Fertig.'], {}, fields);
    const shown = bot.connector.calls.map(({ body }) => body?.text).filter((text) => text !== undefined);
    assert.ok(shown.includes('Ich sehe nach der Bestellung …'), JSON.stringify(shown));
    await bot.close();
  });
});

describe('a call that changes something', () => {
  it('may be made twice with the same arguments in one turn', async (t) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'files-')));
    const config = join(folder, 'mcp.json');
    const entry = { command: process.execPath, args: [FILESYSTEM, folder], allow: ['create_directory'] };
    await writeFile(config, JSON.stringify({ mcpServers: { files: entry } }));
    const create = call('files__create_directory', { path: join(folder, 'a') });
    const bot = await startBot({ turns: [calls(create), calls(create), echo], env: { MCP_CONFIG: config } });
    t.after(() => bot.close());
    await bot.logged('tools listed');
    await bot.says('Create a folder, twice.');
    await bot.connector.whenMessages(1);
    const ends = (await bot.logged('tool called', 2)).map((line) => line['end']);
    assert.deepEqual(ends, ['done', 'done']);
    await bot.close();
  });
});

describe('a question that needs the documents', () => {
  it('is answered with its sources below, which are not spoken', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'documents-'));
    await writeFile(join(folder, 'travel.pdf'), pdf(['Meals are paid up to 30 euros.', 'Meals abroad: 50 euros.']));
    const bot = await startBot({
      turns: [calls(call('search_documents', { query: 'meals euros' })), 'Up to 30 euros.'],
      env: { DOCUMENTS_FOLDER: folder },
    });
    t.after(() => bot.close());
    await bot.logged('documents indexed');
    await bot.says('What do you pay for meals?', { channelId: 'slack' });
    await bot.connector.whenMessages(1);
    const { text } = bot.connector.messages[0]?.body ?? {};
    assert.match(text, /^Up to 30 euros\.\n\nSources:\n\n1\. travel, page \d\n2\. travel, page \d\n/);
    await bot.close();
  });

  it('has no sources below an apology', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'documents-'));
    await writeFile(join(folder, 'travel.md'), '# Travel\n\nMeals are paid up to 30 euros a day.\n');
    const error = { type: 'server_error', code: 'server_error', message: 'no' };
    const bot = await startBot({
      turns: [
        calls(call('search_documents', { query: 'meals euros' })),
        { outputs: [], ending: { kind: 'failed', error } },
      ],
      env: { DOCUMENTS_FOLDER: folder },
    });
    t.after(() => bot.close());
    await bot.logged('documents indexed');
    await bot.says('What do you pay for meals?', { channelId: 'slack' });
    await bot.connector.whenMessages(1);
    const { text } = bot.connector.messages[0]?.body ?? {};
    assert.ok(text.startsWith(en.apologies.broken), text);
    assert.ok(!text.includes(en.sources.heading), text);
  });
});

describe('a configured MCP server', () => {
  it('runs a tool without asking if its entry allows it', async (t) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'files-')));
    const entry = { command: process.execPath, args: [FILESYSTEM, folder], allow: ['write_file'] };
    const config = join(folder, 'mcp.json');
    await writeFile(config, JSON.stringify({ mcpServers: { files: entry } }));
    const bot = await startBot({
      turns: [calls(call('files__write_file', { path: join(folder, 'a.txt'), content: 'hello' })), echo],
      env: { MCP_CONFIG: config },
    });
    t.after(() => bot.close());
    await bot.logged('tools listed');
    await bot.says('Write a file.');
    await bot.connector.whenMessages(1);
    assert.match(bot.connector.messages[0]?.body.text, /^Found: Successfully wrote/);
    assert.equal(await readFile(join(folder, 'a.txt'), 'utf8'), 'hello');
    assert.ok(toolsOf(bot.events).includes('files__write_file'));
    await bot.close();
  });
});
