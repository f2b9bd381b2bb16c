import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { ENTRIES } from '../../dev/packaging/bundle-table.ts';
import type { Env } from '../../src/config/env.ts';
import { sharedUnpacked } from './shared-unpacked.ts';
import { ROOT, type Unpacked } from './unpacked.ts';

const MODEL = {
  AZURE_OPENAI_ENDPOINT: 'http://127.0.0.1:9',
  AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5',
  AZURE_OPENAI_API_KEY: 'any',
  PORT: '0',
};

describe('the deployed doctor', () => {
  let unpacked: Unpacked;
  before(async () => {
    unpacked = await sharedUnpacked();
  });

  /** The whole output of a program in the ZIP. */
  function run(program: string, args: readonly string[], env: Env): Promise<string> {
    const { folder, compiled } = unpacked;
    const options = { cwd: folder, env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compiled, ...env } };
    return new Promise((resolve) => {
      execFile(process.execPath, [`dist/${program}.js`, ...args], options, (_, stdout, stderr) => {
        resolve(stdout + stderr);
      });
    });
  }

  it('mentions no file or command that is missing there', async () => {
    const help = await run('doctor', ['--help'], {});
    assert.match(help, /^Usage: node dist\/doctor\.js \[--json\]/);
    const bare = await run('doctor', [], {});
    assert.match(bare, /AZURE_OPENAI_ENDPOINT is not set.*described in the project's \.env\.example/s);
    const bot = await run('index', [], {});
    assert.match(bot, /AZURE_OPENAI_ENDPOINT is not set.*described in the project's \.env\.example/s);
    const odd = await run('doctor', ['--quick'], {});
    const made = await run('doctor', [], { ...MODEL, AUDIO_MEMORY_MB: '' });
    assert.match(made, /out\/teams-app\.zip is not here \(to create it: in the project\)/);
    const unheard = await run('doctor', [], { ...MODEL, PUBLIC_BASE_URL: 'http://127.0.0.1:9' });
    for (const text of [help, bare, bot, odd, made, unheard])
      assert.doesNotMatch(text, /npm |cp \.env|(?<!project's )\.env\.example/);
  });

  it('suggests its own command in a built project', () => {
    for (const name of ['index', 'doctor']) assert.equal(ENTRIES[name], `src/${name}.ts`);
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    assert.equal(scripts.doctor, 'node dev/node.js src/doctor.ts');
  });
});
