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
