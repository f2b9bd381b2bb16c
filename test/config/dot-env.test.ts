import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loadDotEnv } from '../../src/config/dot-env.ts';
import { ConfigError } from '../../src/errors.ts';

const TEXT = 'AZURE_OPENAI_ENDPOINT=https://r.openai.azure.com\r\nREALTIME_INSTRUCTIONS="Sprich Deutsch, höflich"\r\n';
const VALUES = {
  AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com',
  REALTIME_INSTRUCTIONS: 'Sprich Deutsch, höflich',
};

function inUtf16BE(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

describe('.env', () => {
  const start = process.cwd();
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dot-env-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(start);
    rmSync(folder, { recursive: true });
  });

  /** What a program finds in its environment after it has read such a file, and the notices. */
  function load(content: string | Buffer, env: NodeJS.ProcessEnv = {}) {
    writeFileSync('.env', content);
    const notices = loadDotEnv(env);
    return { env, notices };
  }

  for (const [name, bytes] of [
    ['a byte order mark', Buffer.from(`\ufeff${TEXT}`)],
    ['UTF-16 of little endian', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
    ['UTF-16 of big endian', inUtf16BE(`\ufeff${TEXT}`)],
    ['no mark', Buffer.from(TEXT)],
  ] as const) {
    it(`is read with ${name}`, () => {
      assert.deepEqual(load(bytes), { env: VALUES, notices: [] });
    });
  }

  for (const [name, bytes] of [
    ['Windows-1252', Buffer.from(TEXT, 'latin1')],
    ['UTF-16 without a mark', Buffer.from(TEXT, 'utf16le')],
    ['half of a UTF-16 character', Buffer.from(`\ufeff${TEXT}`, 'utf16le').subarray(0, -1)],
  ] as const) {
    it(`is rejected in ${name}`, () => {
      assert.throws(
        () => load(bytes),
        (error) =>
          error instanceof ConfigError &&
          /\.env cannot be read .*; expected a text file in UTF-8, or in UTF-16 with a byte order mark/.test(
            error.message,
          ),
      );
    });
  }

  it('may be a copy of .env.example', () => {
    assert.deepEqual(load(readFileSync(new URL('../../.env.example', import.meta.url))).notices, []);
  });

  it('is rejected if it is a folder', () => {
    mkdirSync('.env');
    assert.throws(
      () => loadDotEnv({}),
      (error) =>
        error instanceof ConfigError &&
        /\.env is a folder; expected a text file in UTF-8, or in UTF-16 with/.test(error.message),
    );
  });

  it('may be missing, and is not read in production', () => {
    assert.deepEqual(loadDotEnv({}), []);
    const production = { NODE_ENV: 'production' };
    assert.deepEqual(loadDotEnv(production), []);
  });

  it('causes a notice in production', () => {
    const { env, notices } = load('A=1', { NODE_ENV: 'production' });
    assert.deepEqual(env, { NODE_ENV: 'production' });
    assert.deepEqual(notices, [
      '.env is not read because NODE_ENV is production; set its settings as environment variables',
    ]);
  });

  it('does not replace variables that are set', () => {
    assert.deepEqual(load('A=1\nB=2#3', { A: '', B: '4' }), { env: { A: '', B: '4' }, notices: [] });
  });

  it('causes a notice if it is saved as .env.txt', () => {
    writeFileSync('.env.txt', 'A=1');
    assert.deepEqual(loadDotEnv({}), ['.env.txt is not read; rename it to .env']);
  });

  for (const line of [
    'MicrosoftAppPassword=abc#def',
    'MicrosoftAppPassword = abc#def # a comment',
    'MicrosoftAppPassword=#abc~def',
    'export MicrosoftAppPassword=ab"c#def"',
  ]) {
    it(`causes a notice without the value for a "#" in an unquoted value: ${line}`, () => {
      const { notices } = load(`# x#y\n${line}\nOTHER=1 #2#3\n`);
      assert.equal(notices.length, 1);
      assert.match(notices[0] ?? '', /^MicrosoftAppPassword is cut off at the first "#".*quotes/);
      assert.doesNotMatch(notices[0] ?? '', /abc|def/);
    });
  }

  for (const line of [
    'A="abc#def"',
    "A='abc#def' # x",
    'A=`abc#def`',
    'A=abc #def#',
    '#A=abc#def',
    'A="x\ny#z"',
    'A="x"#y',
    'A= # x#y',
  ]) {
    it(`causes no notice for ${JSON.stringify(line)}`, () => assert.deepEqual(load(line).notices, []));
  }
});
