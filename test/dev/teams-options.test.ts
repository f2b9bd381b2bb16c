import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appIdOf } from '../../dev/teams-app/teams-app-id.ts';
import { readTeamsRequest, type TeamsOptions, USAGE } from '../../dev/teams-app/teams-options.ts';

const BOT_ID = '8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90';
const NEEDED = ['--bot-id', BOT_ID, '--host', 'bot.example.com'];

function optionsOf(args: readonly string[], packageVersion = '1.2.3'): TeamsOptions {
  const request = readTeamsRequest(args, packageVersion);
  assert.equal(request.kind, 'package', JSON.stringify(request));
  return request.options;
}

function problemsOf(args: readonly string[]): readonly string[] {
  const request = readTeamsRequest(args, '1.2.3');
  return request.kind === 'wrong' ? request.problems : [];
}

describe('the options of a Teams package', () => {
  it('require a bot and a host, and default to the pages of the bot', () => {
    assert.deepEqual(optionsOf(NEEDED), {
      botId: BOT_ID,
      appId: appIdOf(BOT_ID),
      host: 'bot.example.com',
      version: '1.2.3',
      name: 'Realtime Voice Bot',
      developer: 'Realtime Voice Bot',
      website: 'https://bot.example.com/about',
      privacy: 'https://bot.example.com/about#privacy',
      terms: 'https://bot.example.com/about#terms',
    });
  });

  it('can all be set, as `--name value` and `--name=value`', () => {
    const given = {
      'bot-id': BOT_ID.toUpperCase(),
      host: 'https://bot.example.com/',
      'app-id': '11111111-2222-4333-8444-555555555555',
      version: '10.0.7',
      name: '-Ada-',
      developer: 'Contoso & Söhne',
      website: 'https://example.com',
      privacy: 'https://example.com/p?x=1#y',
      terms: 'https://example.com/t',
    };
    for (const name of Object.keys(given)) assert.ok(USAGE.includes(`--${name} `), name);
    const inline = Object.entries(given).map(([name, value]) => `--${name}=${value}`);
    const { 'bot-id': _, 'app-id': appId, host, website, ...same } = given;
    const expected = { ...same, appId, botId: BOT_ID, host: 'bot.example.com', website: 'https://example.com/' };
    assert.deepEqual(optionsOf(inline), expected);
    const apart = Object.entries({ ...given, name: 'Ada' }).flatMap(([name, value]) => [`--${name}`, value]);
    assert.deepEqual(optionsOf(apart), { ...expected, name: 'Ada' });
  });

  it('leave out the pre-release part of the version, which Teams rejects', () => {
    assert.equal(optionsOf(NEEDED, '0.2.0-beta.1+build').version, '0.2.0');
  });

  it('are explained by --help, whatever the other options are', () => {
    for (const args of [['--help'], [...NEEDED, '--help'], ['--foo', '--help']]) {
      assert.equal(readTeamsRequest(args, '1.2.3').kind, 'help');
    }
  });

  it('report every problem, each with the option, its value and what is expected', () => {
    const wrong = ['--foo', 'value', 'stray', '--bot-id', 'X', '--host', 'http://localhost:3978', '-x'];
    const more = ['--version', '1.0', '--name', 'n'.repeat(31), '--developer', '--terms=http://x', '--app-id', '{1}'];
    assert.deepEqual(
      problemsOf([...wrong, ...more]).map((problem) => problem.split('; expected')[0]),
      [
        '--foo is not an option of this command',
        '"stray" belongs to no option',
        '-x is not an option of this command',
        '--developer has no value',
        '--bot-id is "X"',
        '--host is "http://localhost:3978"',
        '--app-id is "{1}"',
        '--version is "1.0"',
        '--name has 31 characters',
        '--terms is not an https address',
      ],
    );
  });

  it('report for a missing option what is expected', () => {
    for (const args of [[], ['--bot-id', '--host'], ['--bot-id=', '--host', ' ']]) {
      const [bot = '', host = '', ...others] = problemsOf(args);
      assert.match(bot, /^--bot-id is not set; expected the Microsoft App ID/);
      assert.match(host, /^--host is not set; expected the public DNS name/);
      assert.deepEqual(others, []);
    }
  });

  for (const [args, problem] of [
    [['--bot-id', BOT_ID], /^--bot-id is given twice$/],
    [['--name', ''], /^--name has no value$/],
    [['--name', 'a\nb'], /^--name has invisible characters; expected one line/],
    [['--developer', 'd'.repeat(33)], /^--developer has 33 characters; expected .* 32$/],
    [['--version', '1.0.0-beta.1'], /expected three numbers/],
    [['--version', '1.0.01'], /expected three numbers/],
    [['--version', '0.0.0'], /^--version is "0\.0\.0"; expected three numbers/],
    [['--name', 'a\u202eb'], /^--name has invisible characters; expected one line/],
    [['--developer', 'a\u200bb'], /^--developer has invisible characters/],
    [['--privacy', 'https://user:secret@example.com'], /^--privacy is not an https address/],
    [['--website', `https://example.com/${'x'.repeat(2_048)}`], /^--website is not an https address/],
    [['--', 'stray'], /^"stray" belongs to no option$/],
  ] as const) {
    it(`reject ${args.join(' ').slice(0, 40)}`, () => {
      const problems = problemsOf([...NEEDED, ...args]);
      assert.equal(problems.length, 1, problems.join());
      assert.match(problems[0] ?? '', problem);
    });
  }
});

describe('the id of an app', () => {
  it('is derived from the bot id, and always the same', () => {
    assert.equal(appIdOf(BOT_ID), 'f68639cf-c158-59ec-9cf4-732b8a77d031');
    assert.equal(appIdOf(BOT_ID.toUpperCase()), appIdOf(BOT_ID));
    assert.notEqual(appIdOf('8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c91'), appIdOf(BOT_ID));
  });
});
