import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import { FILESYSTEM } from '../tools/mcp-under-test.ts';
import { Chat, PROMPT, startModel } from './chat-process.ts';

const write = (content: string): ScriptedTurn => ({
  outputs: [{ call: { name: 'files__write_file', arguments: JSON.stringify({ path: 'note.txt', content }) } }],
  ending: { kind: 'completed' },
});
const createFolder: ScriptedTurn = {
  outputs: [{ call: { name: 'files__create_directory', arguments: '{"path":"plans"}' } }],
  ending: { kind: 'completed' },
};
const search: ScriptedTurn = {
  outputs: [{ call: { name: 'search_documents', arguments: '{"query":"holidays"}' } }],
  ending: { kind: 'completed' },
};

describe('the tools of npm run chat', { concurrency: true }, () => {
  it('ask at the prompt: a call runs after "y", not after "n", and "always" lasts', async (t) => {
    const turns = [write('no'), 'Not done.', write('yes'), 'Done.', createFolder, 'Made.', createFolder, 'Made again.'];
    const model = await startModel(t, turns);
    const chat = new Chat(t, { ...model.env, MCP_CONFIG: './mcp.json' }, { args: [] });
    const files = join(chat.folder, 'files');
    mkdirSync(files);
    writeFileSync(
      join(chat.folder, 'mcp.json'),
      JSON.stringify({ mcpServers: { files: { command: process.execPath, args: [FILESYSTEM, files] } } }),
    );
    await chat.until(PROMPT);

    chat.type('write\n');
    assert.match(
      await chat.until('y/n: '),
      /May I use “Write File”\? files__write_file {"path":"note.txt","content":"no"}\n$/,
    );
    chat.type('what?\n');
    await chat.until('y/n: ');
    assert.equal((await chat.says('n'))[0], 'Not done.');
    assert.throws(() => readFileSync(join(files, 'note.txt')));

    chat.type('write\n');
    await chat.until('y/n: ');
    assert.deepEqual((await chat.says('y')).slice(0, 2), ['Using “Write File”…', 'Done.']);
    assert.equal(readFileSync(join(files, 'note.txt'), 'utf8'), 'yes');

    chat.type('create\n');
    await chat.until('y/n/always: ');
    assert.deepEqual((await chat.says('always')).slice(0, 2), ['Using “Create Directory”…', 'Made.']);
    assert.deepEqual((await chat.says('again')).slice(0, 2), ['Using “Create Directory”…', 'Made again.']);
    model.script.assertConsumed();
  });

  it('name the sources of an answer below it', async (t) => {
    const model = await startModel(t, [search, 'Thirty days.']);
    const chat = new Chat(t, { ...model.env, DOCUMENTS_FOLDER: './handbook' }, { args: [] });
    mkdirSync(join(chat.folder, 'handbook'));
    writeFileSync(join(chat.folder, 'handbook', 'rules.md'), '# Rules\n\n## Holidays\n\nThirty days of holidays.\n');
    await chat.until(PROMPT);
    const lines = await chat.says('How many holidays do I have?');
    assert.deepEqual(lines.slice(1, 5), ['Searching the documents…', 'Thirty days.', 'Sources:', '- Rules']);
  });

  it('are not called if Ctrl-C ends the question', {
    skip: process.platform === 'win32' && 'signals end a process there',
  }, async (t) => {
    const model = await startModel(t, [write('never'), 'Back again.']);
    const chat = new Chat(t, { ...model.env, MCP_CONFIG: './mcp.json' }, { args: [] });
    writeFileSync(
      join(chat.folder, 'mcp.json'),
      JSON.stringify({ mcpServers: { files: { command: process.execPath, args: [FILESYSTEM, chat.folder] } } }),
    );
    await chat.until(PROMPT);
    chat.type('write\n');
    await chat.until('y/n: ');
    chat.interrupt();
    assert.match(await chat.until(PROMPT), /Cancelled\.\n$/);
    assert.ok((await chat.says('hello')).includes('Back again.'));
    assert.throws(() => readFileSync(join(chat.folder, 'note.txt')));
  });
});
