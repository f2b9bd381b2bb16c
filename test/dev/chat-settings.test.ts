import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readChatConfig, withSimulator } from '../../dev/chat/chat-settings.ts';
import { ConfigError } from '../../src/errors.ts';
import { namesModel } from '../../src/installation.ts';

describe('the settings of the chat', () => {
  const azure = { AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com', AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime' };

  it('are those of the bot for the model', () => {
    const config = readChatConfig({
      ...azure,
      REALTIME_VOICE: 'marin',
      TURN_TIMEOUT_SECONDS: '30',
      HISTORY_TURNS: '3',
    });
    assert.equal(config.model.kind, 'azureEntraId');
    assert.equal(config.session.voice, 'marin');
    assert.equal(config.turnTimeoutMs, 30_000);
    assert.equal(config.historyTurns, 3);
    assert.equal(readChatConfig({ ...azure, AZURE_OPENAI_API_KEY: 'key' }).model.kind, 'azureKey');
    assert.equal(readChatConfig({ OPENAI_API_KEY: 'key', OPENAI_MODEL: 'gpt-realtime' }).model.kind, 'openai');
  });

  it('include the proxy of the bot', () => {
    const proxies = { https_proxy: 'http://proxy.test:8080', NO_PROXY: 'near.test' };
    assert.deepEqual(readChatConfig({ ...azure, ...proxies }).proxy, {
      url: 'http://proxy.test:8080',
      exceptions: ['near.test'],
    });
  });

  it('give the servers of MCP_CONFIG every variable of the environment', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'chat-settings-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'mcp.json');
    const weather = { command: 'node', env: { KEY: `\${WEATHER_KEY}`, TENANT: `\${MicrosoftAppTenantId}` } };
    writeFileSync(file, JSON.stringify({ mcpServers: { weather } }));
    const variables = { WEATHER_KEY: 'k', MicrosoftAppTenantId: 't' };
    const [server] = readChatConfig({ ...azure, ...variables, MCP_CONFIG: file }).tools.servers;
    assert.deepEqual(server?.transport.kind === 'stdio' && server.transport.env, { KEY: 'k', TENANT: 't' });
  });

  it('ignore settings that only the bot uses', () => {
    readChatConfig({ ...azure, NODE_ENV: 'production', HOST: '0.0.0.0', PORT: 'x', MicrosoftAppType: 'x' });
  });

  it('report every problem of the settings that the chat uses', () => {
    assert.throws(
      () => readChatConfig({ ...azure, REALTIME_MAX_OUTPUT_TOKENS: '0', LOG_LEVEL: 'loud' }),
      (error) => error instanceof ConfigError && error.problems.length === 2,
    );
  });

  it('select a model if one of its variables is set', () => {
    assert.equal(namesModel({}), false);
    assert.equal(namesModel({ AZURE_OPENAI_ENDPOINT: '', OPENAI_API_KEY: '  ', REALTIME_VOICE: 'alloy' }), false);
    for (const name of ['AZURE_OPENAI_DEPLOYMENT_NAME', 'AZURE_OPENAI_API_KEY', 'OPENAI_API_KEY', 'OPENAI_MODEL']) {
      assert.equal(namesModel({ [name]: 'set' }), true, name);
    }
  });

  it('can point at a simulator', () => {
    const { model, session } = readChatConfig(withSimulator({ REALTIME_VOICE: 'ash' }, 'http://127.0.0.1:8790'));
    assert.deepEqual(model, {
      kind: 'azureKey',
      endpoint: 'http://127.0.0.1:8790',
      model: 'simulator',
      apiKey: 'simulator',
    });
    assert.equal(session.voice, 'ash');
  });
});
