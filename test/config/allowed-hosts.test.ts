import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type HostRule, parseHostRules, ruleFor } from '../../src/config/allowed-hosts.ts';

const RULES: readonly HostRule[] = [{ host: 'smba.trafficmanager.net' }, { host: '*.sharepoint.com' }];
const hostnameOf = (host: string) => new URL(`https://${host}/`).hostname;

describe('a rule for hosts', () => {
  for (const [host, rule] of [
    ['smba.trafficmanager.net', RULES[0]],
    ['SMBA.TrafficManager.NET', RULES[0]],
    ['contoso.sharepoint.com', RULES[1]],
    ['contoso-my.sharepoint.com', RULES[1]],
    ['a.b.c.sharepoint.com', RULES[1]],
    // Both are written in ASCII before anybody looks them up.
    ['contoso。sharepoint．com', RULES[1]],
    ['ｃontoso.sharepoint.com', RULES[1]],
  ] as const) {
    it(`matches ${host}`, () => assert.equal(ruleFor(hostnameOf(host), RULES), rule));
  }

  for (const hostname of [
    'sharepoint.com',
    '.sharepoint.com',
    '..sharepoint.com',
    'a..sharepoint.com',
    '*.sharepoint.com',
    'evilsharepoint.com',
    'evil-sharepoint.com',
    'contoso.sharepoint.com.evil.example',
    'contoso.sharepoint.com.',
    'contoso.sharepoint.co',
    'other.trafficmanager.net',
    'a.smba.trafficmanager.net',
    'smba.trafficmanager.net.',
    'smba-trafficmanager.net',
    'localhost',
    '127.0.0.1',
    '[::1]',
    '',
  ]) {
    it(`does not match ${JSON.stringify(hostname)}`, () => assert.equal(ruleFor(hostname, RULES), undefined));
  }

  it('does not match names that only look similar', () => {
    // A Cyrillic "а".
    assert.equal(ruleFor(hostnameOf('contoso.shаrepoint.com'), RULES), undefined);
  });

  it('does not match an IP address, even if a rule has its text', () => {
    assert.equal(ruleFor('127.0.0.1', [{ host: '127.0.0.1' }, { host: '*.0.0.1' }]), undefined);
  });

  it('does not match a longer name without a dot before the suffix', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abcxyz019-_@%/:?#\\'), minLength: 1 }), (start) => {
        assert.equal(ruleFor(`${start}sharepoint.com`, RULES), undefined);
        assert.equal(ruleFor(`sharepoint.com${start}`, RULES), undefined);
      }),
    );
  });
});

describe("an operator's list of hosts", () => {
  it('is normalized', () => {
    const list = ['files.example.com', '*.Example.ORG', 'bücher.example', '*.ümlaut.example'];
    assert.deepEqual(parseHostRules(list), [
      { host: 'files.example.com' },
      { host: '*.example.org' },
      { host: 'xn--bcher-kva.example' },
      { host: '*.xn--mlaut-jva.example' },
    ]);
    assert.deepEqual(parseHostRules([]), []);
  });

  for (const entry of [
    '*',
    '*.',
    '*.com',
    '*.*.example.com',
    'a.*.example.com',
    '*example.com',
    '.example.com',
    'example.com.',
    'example',
    'localhost',
    '*.localhost',
    'https://files.example.com',
    'files.example.com/path',
    'files.example.com?query',
    'files.example.com#fragment',
    'files.example.com\\path',
    'files%2eexample.com',
    'files\t.example.com',
    'files.example.com:8443',
    'user@files.example.com',
    '127.0.0.1',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '*.127.0.0.1',
    '[::1]',
    '::1',
    '*.::1',
    'files .example.com',
    'a..example.com',
    '',
  ]) {
    it(`is refused with ${JSON.stringify(entry)}`, () => {
      const expected = `names "${entry}"; expected hosts such as files.example.com or *.example.com`;
      assert.equal(parseHostRules(['good.example.com', entry]), expected);
    });
  }

  it('is refused with every invalid entry named', () => {
    assert.match(String(parseHostRules(['a b', 'good.example.com', '*'])), /^names "a b", "\*"; expected/);
  });
});
