import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { watchedLog } from '../channel/watched-log.ts';
import { FILESYSTEM } from '../tools/mcp-under-test.ts';
import { startScriptedHttp } from '../tools/scripted-http.ts';
import { examined, findingText } from './examined.ts';

async function mcpServers(entries: object): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'doctor-')), 'mcp.json');
  await writeFile(file, JSON.stringify({ mcpServers: entries }));
  return file;
}

describe('the doctor and MCP servers', () => {
  const only = ['MCP servers'];
  const files = { command: process.execPath, args: [FILESYSTEM, tmpdir()], allow: ['read_text_file'] };

  it('skips them if none are configured', async () => {
    assert.match(findingText(await examined({}, { only }), 'MCP servers'), /^skipped.*MCP_CONFIG is not set/);
  });

  it('counts the tools of each server, and those that ask', async () => {
    const env = { MCP_CONFIG: await mcpServers({ files }) };
    assert.match(
      findingText(await examined(env, { only }), 'MCP servers'),
      /^pass.*files: 14 tools, 13 of them ask, \d+ ms/,
    );
  });

  it("warns of programs that can read a deployed bot's environment", async () => {
    const env = {
      MCP_CONFIG: await mcpServers({ files }),
      MicrosoftAppId: '8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90',
      MicrosoftAppPassword: 'a-secret',
      MicrosoftAppTenantId: '8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c91',
    };
    const text = findingText(await examined(env, { only }), 'MCP servers');
    assert.match(text, /^warn.*can read the bot's environment: files.*another user or in a container/s);
  });

  it('names a server that cannot be started, and the reason', async () => {
    const env = { MCP_CONFIG: await mcpServers({ files, gone: { command: '/no/such/program' } }) };
    const text = findingText(await examined(env, { only }), 'MCP servers');
    assert.match(
      text,
      /^fail.*not connected: gone \(spawn \/no\/such\/program ENOENT\); files: 14 tools, .*Start the server/s,
    );
  });
});

describe('the log of the doctor', () => {
  it('has the lines of MCP servers', async () => {
    const watched = watchedLog();
    const env = { MCP_CONFIG: await mcpServers({ gone: { command: '/no/such/program' } }) };
    await examined(env, { only: ['MCP servers'], deps: { log: watched.log } });
    assert.ok(watched.lines.some(({ server }) => server === 'gone'));
  });
});

describe('the doctor and an entry that does not fit its server', () => {
  const only = ['MCP servers'];

  it('warns of names that are no tools', async () => {
    const files = { command: process.execPath, args: [FILESYSTEM, tmpdir()], allow: ['read'], readOnly: ['write'] };
    const text = findingText(await examined({ MCP_CONFIG: await mcpServers({ files }) }, { only }), 'MCP servers');
    assert.match(
      text,
      /^warn.*files: 14 tools, .*files has no tools of these names: read, write.*"allow" or "readOnly"/s,
    );
  });

  it('warns of a server without tools', async (t) => {
    const scripted = await startScriptedHttp([]);
    t.after(() => scripted[Symbol.asyncDispose]());
    const shop = { url: scripted.url };
    const text = findingText(await examined({ MCP_CONFIG: await mcpServers({ shop }) }, { only }), 'MCP servers');
    assert.match(text, /^warn.*shop: 0 tools, .*Remove the servers that offer none/s);
  });
});

describe('the doctor and documents', () => {
  const only = ['documents'];

  it('reads the folder, and names what is left out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'documents-'));
    const look = async () => findingText(await examined({ DOCUMENTS_FOLDER: folder }, { only }), 'documents');
    await writeFile(join(folder, 'a.md'), 'A text.');
    assert.match(await look(), /^pass.*1 documents in 1 pieces/);
    await writeFile(join(folder, 'b.pdf'), 'no PDF');
    assert.match(await look(), /^warn.*1 left out, such as b\.pdf: it is not a readable PDF/);
  });

  it('fails without the folder', async () => {
    const text = findingText(await examined({ DOCUMENTS_FOLDER: '/no/such/folder' }, { only }), 'documents');
    assert.match(text, /^fail.*cannot be read: ENOENT.*Set DOCUMENTS_FOLDER/s);
  });
});
