import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readDemoSettings } from '../../dev/demo-settings.ts';
import { portNotice } from '../../dev/ports.ts';

describe('the settings of the demo', () => {
  const before = process.cwd();
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'demo-settings-'));
    process.chdir(folder);
  });

  afterEach(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  it('are the default voice if nothing is set', () => {
    assert.deepEqual(readDemoSettings({ REALTIME_VOICE: ' ' }), {
      voice: 'alloy',
      env: { REALTIME_VOICE: 'alloy' },
      notices: [],
    });
  });

  it('are only the voice and the prompt of .env; the shell takes precedence', () => {
    writeFileSync('.env', 'REALTIME_VOICE=marin\nREALTIME_INSTRUCTIONS="Be brief."\nOPENAI_API_KEY=key\nPORT=1\n');
    const shell = { REALTIME_VOICE: 'cedar', DATABASE_URL: 'postgres://localhost' };
    assert.deepEqual(readDemoSettings({}).env, { REALTIME_VOICE: 'marin', REALTIME_INSTRUCTIONS: 'Be brief.' });
    assert.deepEqual(readDemoSettings(shell), {
      voice: 'cedar',
      env: { REALTIME_VOICE: 'cedar', REALTIME_INSTRUCTIONS: 'Be brief.' },
      notices: [],
    });
    assert.deepEqual(Object.keys(shell), ['REALTIME_VOICE', 'DATABASE_URL']);
  });

  it('are, with MCP_CONFIG, the variables that its file names, from the shell or .env', () => {
    const env = { KEY: `\${WEATHER_KEY}`, HOME: `\${env:WEATHER_HOME:-/tmp}`, ASKED: `\${input:api-key}` };
    const weather = { command: 'node', env, args: [`\${UNSET:-x}`, `\${DATABASE_URL}`] };
    writeFileSync('mcp.json', JSON.stringify({ mcpServers: { weather } }));
    writeFileSync('.env', 'WEATHER_HOME=/weather\nMCP_CONFIG=other.json\n');
    const shell = {
      WEATHER_KEY: 'k',
      INPUT_API_KEY: 'a',
      OTHER: 'o',
      DATABASE_URL: 'postgres://localhost',
      MCP_CONFIG: 'mcp.json',
      DOCUMENTS_FOLDER: 'handbook',
    };
    assert.deepEqual(readDemoSettings(shell), {
      voice: 'alloy',
      env: {
        REALTIME_VOICE: 'alloy',
        WEATHER_KEY: 'k',
        WEATHER_HOME: '/weather',
        INPUT_API_KEY: 'a',
        MCP_CONFIG: join(process.cwd(), 'mcp.json'),
        DOCUMENTS_FOLDER: join(process.cwd(), 'handbook'),
      },
      notices: ['DATABASE_URL in the file of MCP_CONFIG is a setting of the bot, so the demo does not pass it on'],
    });
  });

  it('warn of a misspelled setting of the demo, and of no other', () => {
    writeFileSync('.env', 'REALTME_VOICE=marin\nDALY_BUDGET_USD=5\n');
    assert.deepEqual(readDemoSettings({}).notices, [
      'REALTME_VOICE is not a known setting and is ignored; did you mean REALTIME_VOICE?',
    ]);
  });
});

describe('the notice of a port', () => {
  it('has the address of a program whose preferred port is in use', () => {
    assert.deepEqual(portNotice(3979, 4000, 'http://localhost:4000'), [
      '3979 is in use (another demo?): this one is at http://localhost:4000',
    ]);
    assert.deepEqual(portNotice(3979, 3979, 'http://localhost:3979'), []);
  });
});
