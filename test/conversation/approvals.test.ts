import assert from 'node:assert/strict';
import { access, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import { en } from '../../src/messages/en.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';
import { FILESYSTEM } from '../tools/mcp-under-test.ts';

const WRITE = 'files__write_file';

/** A bot with the filesystem server, and a folder that the server may write to. */
async function startWriter(
  t: TestContext,
  turns: (write: ScriptedTurn) => readonly ScriptedTurn[],
  options: BotUnderTestOptions = {},
) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'approvals-')));
  const config = join(folder, 'mcp.json');
  const file = join(folder, 'note.txt');
  await writeFile(
    config,
    JSON.stringify({ mcpServers: { files: { command: process.execPath, args: [FILESYSTEM, folder] } } }),
  );
  const args = JSON.stringify({ path: file, content: '**hello**' });
  const write: ScriptedTurn = {
    outputs: [{ call: { name: WRITE, arguments: args } }],
    ending: { kind: 'completed' },
  };
  const bot = await startBot({ turns: turns(write), ...options, env: { MCP_CONFIG: config, ...options.env } });
  t.after(() => bot.close());
  await bot.logged('tools listed');
  const isWritten = () =>
    access(file).then(
      () => true,
      () => false,
    );
  return { bot, file, isWritten };
}

/** Answers with the newest tool result. */
const echo: ScriptedTurn = ({ toolResults }) => `Said: ${toolResults.at(-1)?.output}`;

const textsOf = (bot: BotUnderTest) => bot.connector.messages.map(({ body }) => body.text);
const cardIn = (bot: BotUnderTest) => {
  const cards = bot.connector.messages.flatMap(({ body }) => body.attachments ?? []);
  return cards.find(({ contentType }) => contentType === 'application/vnd.microsoft.card.adaptive')?.content;
};
const press = (bot: BotUnderTest, data: unknown, fields = {}) =>
  bot.post({ ...bot.message(undefined, fields), value: data });

describe('a call that needs an approval', () => {
  it('waits for it: the card shows the tool and its arguments as written', async (t) => {
    const { bot, file, isWritten } = await startWriter(t, (write) => [write]);
    await bot.says('Write a note.');
    await bot.connector.whenMessages(2);
    assert.equal(textsOf(bot)[0], en.approval.needed);
    const card = cardIn(bot);
    const runs = card.body.map(({ inlines: [{ text }] }: { inlines: [{ text: string }] }) => text);
    const shown = [`path: ${JSON.stringify(file)}`, 'content: "**hello**"'];
    assert.deepEqual(runs.slice(0, 4), [en.approval.ask('Write File'), en.approval.tool(WRITE), ...shown]);
    assert.deepEqual(
      card.actions.map(({ title }: { title: string }) => title),
      [en.approval.allow, en.approval.deny],
    );
    assert.equal(await isWritten(), false);
    const output = bot.events.findLast(({ event }) => JSON.stringify(event).includes('function_call_output'));
    assert.match(JSON.stringify(output), /waiting for the user's approval, not done/);
  });

  it('runs once after a press, and the model tells the result in the conversation', async (t) => {
    const { bot, file } = await startWriter(t, (write) => [write, echo]);
    await bot.says('Write a note.');
    await bot.connector.whenMessages(2);
    const { data } = cardIn(bot).actions[0];
    assert.equal((await press(bot, data)).status, 200);
    assert.equal((await press(bot, data)).status, 200);
    await bot.connector.whenMessages(4);
    const texts = textsOf(bot).slice(2);
    assert.ok(texts.some((text) => text?.startsWith(en.approval.decidedBefore)));
    const heading = `${en.approval.allowed('Write File', undefined)}\n\n`;
    assert.ok(
      texts.some((text) => text?.startsWith(`${heading}Said: Successfully wrote`)),
      texts.join(),
    );
    assert.equal(await readFile(file, 'utf8'), '**hello**');
    assert.equal((await bot.logged('tool called', 2)).length, 2);
    const [line] = await bot.logged('approval decided');
    assert.deepEqual([line?.['tool'], line?.['decision']], [WRITE, 'allow']);
    assert.match(String(line?.['decider']), /^[\w-]{22}$/);
  });

  it('does not run after a denial, which the model gets', async (t) => {
    const { bot, isWritten } = await startWriter(t, (write) => [write, echo]);
    await bot.says('Write a note.');
    await bot.connector.whenMessages(2);
    await press(bot, cardIn(bot).actions.at(-1).data);
    await bot.connector.whenMessages(3);
    const heading = `${en.approval.denied('Write File', undefined)}\n\n`;
    assert.equal(textsOf(bot).at(-1), `${heading}Said: {"status":"denied by the user, not done"}`);
    assert.equal(await isWritten(), false);
  });
});
