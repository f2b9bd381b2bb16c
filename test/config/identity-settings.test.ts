import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { azure, problemsOf } from './problems-of.ts';

const TENANT = '11111111-2222-4333-8444-555555555555';
const BOT = {
  ...azure,
  MicrosoftAppId: '8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90',
  MicrosoftAppPassword: 'a-secret',
  PUBLIC_BASE_URL: 'https://bot.example.com',
};

describe('the identity of the bot', () => {
  for (const tenant of ['contoso.onmicrosoft.com', 'common', 'organizations', 'consumers', 'contoso', `${TENANT}0`]) {
    it(`rejects the tenant ${tenant}, with what is expected`, () => {
      const problems = problemsOf({ ...BOT, MicrosoftAppType: 'SingleTenant', MicrosoftAppTenantId: tenant });
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^MicrosoftAppTenantId is ".*"; expected a GUID .*az account show/);
    });
  }

  for (const tenants of ['contoso.onmicrosoft.com', `${TENANT}, contoso`, `${TENANT}0`, `{${TENANT}}`]) {
    it(`rejects ALLOWED_TENANTS=${tenants}, with what is expected`, () => {
      const problems = problemsOf({ ...BOT, ALLOWED_TENANTS: tenants });
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^ALLOWED_TENANTS is ".*"; expected a GUID .*az account show/);
    });
  }

  it('accepts a list of tenant ids, also in upper case', () => {
    const upper = 'ABCDEF01-2222-4333-8444-555555555555';
    const { allowedTenants, notices } = readConfig({ ...BOT, ALLOWED_TENANTS: `${TENANT}, ${upper}` });
    assert.deepEqual([allowedTenants, notices], [[TENANT, upper], []]);
  });

  it('warns of an address in ALLOWED_USERS, since Teams names people by ids', () => {
    for (const users of ['ada@contoso.com', `29:abc, ada@contoso.onmicrosoft.com`]) {
      const { allowedUsers, notices } = readConfig({ ...BOT, ALLOWED_USERS: users });
      assert.equal(allowedUsers.length, users.split(',').length);
      assert.deepEqual(notices, [
        'ALLOWED_USERS contains an email address; expected Entra ID object ids, as "az ad user show --id <address> --query id" prints them',
      ]);
    }
    for (const users of [TENANT, '29:1abc', 'U1:T1', 'dl_ada', 'ada', '@ada'])
      assert.deepEqual(readConfig({ ...BOT, ALLOWED_USERS: users }).notices, [], users);
  });

  it('uses SingleTenant, with a notice, for a tenant without a type', () => {
    const { botEnv, notices } = readConfig({ ...BOT, MicrosoftAppTenantId: TENANT });
    assert.equal(botEnv['MicrosoftAppType'], 'SingleTenant');
    assert.deepEqual(notices, ['MicrosoftAppType is not set but MicrosoftAppTenantId is: SingleTenant is assumed']);
  });

  it('uses the type that is set, and MultiTenant without a tenant', () => {
    const read = (env: Env) => {
      const { botEnv, notices } = readConfig({ ...BOT, ...env });
      return [botEnv['MicrosoftAppType'], notices.length];
    };
    assert.deepEqual(read({ MicrosoftAppType: 'MultiTenant', MicrosoftAppTenantId: TENANT }), ['MultiTenant', 0]);
    assert.deepEqual(read({}), ['MultiTenant', 0]);
    const managed = { MicrosoftAppType: 'UserAssignedMSI', MicrosoftAppTenantId: TENANT, MicrosoftAppPassword: '' };
    assert.deepEqual(read(managed), ['UserAssignedMSI', 0]);
  });

  for (const [form, host] of [
    ['of a Conda shell on Linux', 'x86_64-conda-linux-gnu'],
    ['of a Conda shell on a Mac', 'arm64-apple-darwin20.0.0'],
    ['of the file of hosts', 'ip6-localhost'],
  ] as const) {
    it(`rejects a HOST ${form}, with its possible origin`, () => {
      const problems = problemsOf({ ...azure, HOST: host });
      assert.equal(problems.length, 1);
      const fix = 'unset it (a Conda shell sets such a value), or set 127.0.0.1';
      assert.equal(problems[0], `HOST is neither an address nor the name of this machine ("${host}"); ${fix}`);
    });
  }

  it('distinguishes an address that others reach from an unknown name', () => {
    for (const host of ['0.0.0.0', hostname(), `${hostname().toUpperCase()}.example.com`]) {
      const [problem = ''] = problemsOf({ ...azure, HOST: host });
      assert.ok(problem.startsWith(`HOST is not a loopback address ("${host}")`), problem);
      assert.match(problem, /; expected 127\.0\.0\.1, an app id, or ALLOW_UNAUTHENTICATED=true$/);
    }
    for (const host of ['127.0.0.1', '127.0.0.2', '::1', 'localhost', 'LOCALHOST'])
      assert.deepEqual(problemsOf({ ...azure, HOST: host }), [], host);
  });

  const REFERENCES = {
    'a Key Vault': '@Microsoft.KeyVault(SecretUri=https://vault.vault.azure.net/secrets/name)',
    'an App Configuration': '@microsoft.appconfiguration(Endpoint=https://x.azconfig.io; Key=name)',
  };
  for (const name of [
    'MicrosoftAppId',
    'MicrosoftAppPassword',
    'MicrosoftAppTenantId',
    'AZURE_OPENAI_ENDPOINT',
    'AZURE_OPENAI_API_KEY',
    'AZURE_STORAGE_CONNECTION_STRING',
    'AZURE_STORAGE_BLOB_URL',
    'APPLICATIONINSIGHTS_CONNECTION_STRING',
    'AZURE_CLIENT_SECRET',
    'AZURE_CLIENT_CERTIFICATE_PASSWORD',
    'CertificatePrivateKey',
    'ALLOWED_TENANTS',
    'ALLOWED_USERS',
    'HTTPS_PROXY',
    'PORT',
    'REALTIME_INSTRUCTIONS',
    'ToChannelFromBotLoginUrl',
  ]) {
    it(`rejects an unresolved reference in ${name} with one problem`, () => {
      for (const [kind, reference] of Object.entries(REFERENCES))
        assert.deepEqual(problemsOf({ ...BOT, NODE_ENV: 'production', [name]: reference }), [
          `${name} is ${kind} reference that was not resolved; expected its value (allow the identity of the site to read it)`,
        ]);
    });
  }

  it('lists other problems beside an unresolved reference', () => {
    const problems = problemsOf({ ...BOT, PORT: 'x', HTTPS_PROXY: REFERENCES['a Key Vault'] });
    assert.deepEqual(problems.map((each) => each.split(' ')[0]).sort(), ['HTTPS_PROXY', 'PORT']);
  });

  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const certificate = { ...BOT, MicrosoftAppPassword: '', CertificateThumbprint: 'AB'.repeat(20) };

  for (const [form, text] of [
    ['literal \\n', String(pem).replaceAll('\n', '\\n')],
    ['literal \\r\\n', String(pem).replaceAll('\n', '\\r\\n')],
    ['line breaks', String(pem)],
    ['line breaks of Windows', String(pem).replaceAll('\n', '\r\n')],
  ] as const) {
    it(`reads a PEM with ${form}`, () => {
      const { botEnv } = readConfig({ ...certificate, CertificatePrivateKey: text });
      const [first, ...rest] = (botEnv['CertificatePrivateKey'] ?? '').split(/\r?\n/);
      assert.equal(first, '-----BEGIN PRIVATE KEY-----');
      assert.ok(rest.length > 3);
      assert.equal(createPrivateKey(botEnv['CertificatePrivateKey'] ?? '').type, 'private');
    });
  }

  for (const [form, text] of [
    ['its line breaks made spaces', String(pem).replaceAll('\n', ' ')],
    [
      'a passphrase',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: 'a-secret',
      }),
    ],
    ['a file name in its place', '/certs/a-secret.pem'],
  ] as const) {
    it(`rejects a PEM with ${form} without quoting it`, () => {
      const problems = problemsOf({ ...certificate, CertificatePrivateKey: String(text) });
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^CertificatePrivateKey cannot be read; expected a private key in PEM/);
      assert.doesNotMatch(problems[0] ?? '', /a-secret|BEGIN/);
    });
  }
});
