import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { packageCheck } from '../../dev/teams-app/teams-checks.ts';
import { manifestFiles } from '../../dev/teams-app/teams-manifest.ts';
import type { TeamsOptions } from '../../dev/teams-app/teams-options.ts';
import { commandOf } from '../../src/conversation/commands/commands.ts';
import { COMMANDS } from '../../src/messages/command-names.ts';
import { LANGUAGES, messagesFor } from '../../src/messages/messages.ts';
import { pngSquare } from './png-file.ts';

const folder = new URL('../../deploymentTemplates/teams/', import.meta.url);
const template = readFileSync(new URL('manifest.template.json', folder), 'utf8');
const icons = {
  'color.png': readFileSync(new URL('color.png', folder)),
  'outline.png': readFileSync(new URL('outline.png', folder)),
};

const OPTIONS: TeamsOptions = {
  botId: '8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90',
  appId: '11111111-2222-5333-8444-555555555555',
  host: 'bot.example.com',
  version: '1.2.3',
  name: 'Ada',
  developer: 'Contoso',
  website: 'https://bot.example.com/about',
  privacy: 'https://bot.example.com/about#privacy',
  terms: 'https://bot.example.com/about#terms',
};

type Files = Record<string, Uint8Array>;

function filesOf(options: Partial<TeamsOptions> = {}): Files {
  const texts = manifestFiles(template, { ...OPTIONS, ...options });
  return { ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)])), ...icons };
}

function jsonOf(files: Files, name: string) {
  return JSON.parse(Buffer.from(files[name] ?? []).toString());
}

const manifest = jsonOf(filesOf(), 'manifest.json');

describe('the manifest', () => {
  it('describes one app with one bot, for all scopes, with files and the microphone', () => {
    const { id, version, manifestVersion, developer, name, validDomains, devicePermissions, bots } = manifest;
    assert.deepEqual([manifestVersion, id, version], ['1.29', OPTIONS.appId, '1.2.3']);
    assert.deepEqual(developer, {
      name: 'Contoso',
      websiteUrl: OPTIONS.website,
      privacyUrl: OPTIONS.privacy,
      termsOfUseUrl: OPTIONS.terms,
    });
    assert.deepEqual(name, { short: 'Ada', full: 'Ada: answers in text and in a spoken voice' });
    assert.deepEqual([validDomains, devicePermissions], [['bot.example.com'], ['media']]);
    const [{ commandLists: _, ...bot }, ...others] = bots;
    assert.deepEqual(others, []);
    assert.deepEqual(bot, {
      botId: OPTIONS.botId,
      scopes: ['personal', 'team', 'groupChat'],
      supportsFiles: true,
      isNotificationOnly: false,
    });
  });

  it('offers the commands of the bot in every scope, and no others', () => {
    const { commandLists } = manifest.bots[0];
    assert.deepEqual(
      commandLists.map(({ scopes }: { scopes: string[] }) => scopes),
      [['personal'], ['team'], ['groupChat']],
    );
    for (const { commands } of commandLists) {
      const names = commands.map(({ title }: { title: string }) => commandOf(title)?.name);
      assert.deepEqual(names, [...COMMANDS], 'what Teams writes into the message is understood');
      for (const [at, { description, type }] of commands.entries()) {
        assert.equal(description, messagesFor('en').commands.does[COMMANDS[at] ?? 'help']);
        assert.equal(type, 'basic');
      }
    }
  });

  it('contains any text unchanged', () => {
    const odd = `"{{host}}" \\ $& \u2028 é`;
    const { name, developer } = jsonOf(filesOf({ name: odd, developer: odd }), 'manifest.json');
    assert.deepEqual([name.short, developer.name], [odd, odd]);
  });

  it('rejects a template with an unknown placeholder', () => {
    for (const place of ['{{tenant}}', '{{}}', '{{constructor}}']) {
      const other = template.replace('{{host}}', place);
      assert.throws(() => manifestFiles(other, OPTIONS), { message: new RegExp(`unknown placeholder: ${place}$`) });
    }
  });
});

describe('the other languages of the app', () => {
  const others = Object.values(LANGUAGES).filter(({ language }) => language !== 'en');

  it('are all languages of the bot', () => {
    assert.deepEqual(manifest.localizationInfo, {
      defaultLanguageTag: 'en',
      additionalLanguages: others.map(({ language }) => ({ languageTag: language, file: `${language}.json` })),
    });
  });

  for (const messages of others) {
    it(`say everything that the manifest says (${messages.language})`, () => {
      const { $schema, ...file } = jsonOf(filesOf(), `${messages.language}.json`);
      assert.match($schema, /\/v1\.29\/MicrosoftTeams\.Localization\.schema\.json$/);
      const expected: [string, string][] = [
        ['name.short', 'Ada'],
        ['name.full', messages.teamsApp.fullName('Ada')],
        ['description.short', messages.teamsApp.short],
        ['description.full', messages.teamsApp.full],
      ];
      for (const list of [0, 1, 2]) {
        for (const [at, name] of COMMANDS.entries()) {
          assert.equal(manifest.bots[0].commandLists[list].commands[at].title, `/${name}`);
          expected.push([`bots[0].commandLists[${list}].commands[${at}].description`, messages.commands.does[name]]);
        }
      }
      assert.deepEqual(file, Object.fromEntries(expected));
    });
  }
});

const packageProblems = packageCheck();

/** The package with another value in one of its JSON files; undefined removes the field. */
function changed(name: string, place: readonly (string | number)[], value: unknown): Files {
  const files = filesOf();
  const json = jsonOf(files, name);
  const holder = place.slice(0, -1).reduce((inner, key) => inner[key], json);
  holder[place.at(-1) ?? ''] = value;
  return { ...files, [name]: Buffer.from(JSON.stringify(json)) };
}

function without(name: string): Files {
  return Object.fromEntries(Object.entries(filesOf()).filter(([each]) => each !== name));
}

async function assertRejected(files: Files, problem: RegExp): Promise<void> {
  const problems = await packageProblems(files);
  assert.ok(
    problems.some((each) => problem.test(each)),
    problems.join('\n'),
  );
}

describe('a package', async () => {
  it('is valid by the schemas of Teams', async () => {
    assert.deepEqual(await packageProblems(filesOf()), []);
  });

  it('is valid with the longest texts that the options allow', async () => {
    const url = `https://example.com/${'u'.repeat(2_028)}`;
    const texts = { name: 'n'.repeat(30), developer: 'd'.repeat(32), website: url, privacy: url, terms: url };
    assert.deepEqual(await packageProblems(filesOf(texts)), []);
  });

  const lists = ['bots', 0, 'commandLists'];
  const command = { title: '/more', type: 'basic' };
  for (const [place, value, problem] of [
    [['manifestVersion'], '1.30', /\/manifestVersion must be equal to constant \(1\.29\)/],
    [['version'], '1.0.0-beta', /\/version must be three numbers/],
    [['id'], undefined, /'id'/],
    [['extra'], 1, /additional properties \(extra\)/],
    [['accentColor'], 'purple', /\/accentColor must match pattern/],
    [['name', 'short'], 'n'.repeat(31), /\/name\/short .* 30 char/],
    [['description', 'short'], 'd'.repeat(81), /\/description\/short .* 80 char/],
    [['developer', 'privacyUrl'], undefined, /'privacyUrl'/],
    [['developer', 'websiteUrl'], 'bot', /\/developer\/websiteUrl must match pattern/],
    [['devicePermissions', 0], 'microphone', /\/devicePermissions\/0 must be equal to one of .*media/],
    [['bots', 0, 'botId'], 'bot', /\/bots\/0\/botId must match pattern/],
    [['bots', 0, 'scopes', 2], 'groupchat', /\/bots\/0\/scopes\/2 must be equal to one of .*groupChat/],
    [lists, Array(4).fill({ scopes: ['team'], commands: [] }), /commandLists must NOT have more than 3 items/],
    [[...lists, 0, 'commands'], Array(13).fill(command), /commands must NOT have more than 12 items/],
    [[...lists, 0, 'commands', 0, 'title'], 't'.repeat(129), /title must NOT have more than 128 char/],
    [[...lists, 0, 'commands', 0, 'type'], 'slash', /type must be equal to one of/],
    [['localizationInfo', 'additionalLanguages', 0, 'file'], 'fr.json', /^fr\.json is named .* and missing$/],
    [['icons', 'color'], 'outline.png', /^outline\.png has 32 x 32 pixels; expected 192 x 192$/],
  ] as const) {
    it(`is rejected with ${JSON.stringify(value)?.slice(0, 30)} as ${place.join('.')}`, async () => {
      const expected = problem.source.startsWith('^') ? problem : new RegExp(`^manifest\\.json .*${problem.source}`);
      await assertRejected(changed('manifest.json', place, value), expected);
    });
  }

  for (const [place, value, problem] of [
    ['name.short', ' ', /^de\.json \/name\.short must match pattern/],
    ['name.short', 'n'.repeat(31), /^de\.json \/name\.short .* 30 char/],
    ['description.full', undefined, /^de\.json .*'description\.full'/],
    ['bots[0].commandLists[3].commands[0].description', 'x', /^de\.json .*additional properties/],
  ] as const) {
    it(`is rejected with ${JSON.stringify(value)?.slice(0, 30)} as ${place} in German`, async () => {
      await assertRejected(changed('de.json', [place], value), problem);
    });
  }

  for (const [name, files, problem] of [
    ['without a manifest', without('manifest.json'), /^manifest\.json \/ must be object/],
    ['with a manifest that is no JSON', { ...filesOf(), 'manifest.json': Buffer.from('{') }, /must be object/],
    ['without its German', without('de.json'), /^de\.json is named in manifest\.json and missing$/],
    ['without its outline', without('outline.png'), /^outline\.png is named in manifest\.json and missing$/],
    [
      'with another picture',
      { ...filesOf(), 'color.png': await pngSquare(96, () => 0xff) },
      /^color\.png has 96 x 96 pixels/,
    ],
  ] as const) {
    it(`is rejected ${name}`, () => assertRejected(files, problem));
  }

  it('reports all its problems', async () => {
    assert.equal((await packageProblems(changed('manifest.json', ['icons'], {}))).length, 4);
    assert.ok((await packageProblems({})).length >= 3);
  });
});
