import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entraFailure } from '../../src/doctor/entra-failure.ts';
import { identityFix } from '../../src/doctor/identity.ts';
import { cacheOutboundToken } from '../support/openid-server.ts';
import { examined, findingText } from './examined.ts';

const NAME = 'bot identity';

function jwt(claims: object): string {
  return `header.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
}

function settings(appId: string) {
  return { MicrosoftAppId: appId, MicrosoftAppPassword: 'app-password', HOST: '127.0.0.1' };
}

describe("the doctor's identity check", () => {
  it('gets a token like the adapter, and says whose it is', async () => {
    const exp = Math.floor(Date.now() / 1000) + 1_830;
    const token = jwt({ appid: '00000000-0000-4000-8000-000000000001', tid: 'tenant-1', exp });
    cacheOutboundToken('00000000-0000-4000-8000-000000000001', token);
    const findings = await examined(settings('00000000-0000-4000-8000-000000000001'), { only: [NAME] });
    assert.match(
      findingText(findings, NAME),
      /^pass \| MultiTenant: a token for the channels: application 00000000-0000-4000-8000-000000000001, tenant tenant-1, expires in 30 minutes$/,
    );
    assert.ok(!JSON.stringify([...findings]).includes(token));
  });

  it('detects a token of another identity', async () => {
    cacheOutboundToken('00000000-0000-4000-8000-000000000002', jwt({ azp: 'a-developer', exp: 0 }));
    assert.match(
      findingText(await examined(settings('00000000-0000-4000-8000-000000000002'), { only: [NAME] }), NAME),
      /^fail \| the token belongs to another application than MicrosoftAppId, 00000000-0000-4000-8000-000000000002: application a-developer.*AZURE_CLIENT_ID/,
    );
  });

  it('accepts a token without readable claims', async () => {
    cacheOutboundToken('00000000-0000-4000-8000-000000000003', 'not-a-jwt');
    assert.match(
      findingText(await examined(settings('00000000-0000-4000-8000-000000000003'), { only: [NAME] }), NAME),
      /^pass \| .*expiry unknown/,
    );
  });

  it('explains what a missing app id means', async () => {
    assert.match(
      findingText(await examined({}, { only: [NAME] }), NAME),
      /^pass \| none: only clients on this machine/,
    );
    // A tunnel, a proxy or a web page reaches a loopback address, too.
    for (const HOST of ['0.0.0.0', '', '127.0.0.1'])
      assert.match(
        findingText(await examined({ HOST, ALLOW_UNAUTHENTICATED: 'true' }, { only: [NAME] }), NAME),
        /^warn \| none, and ALLOW_UNAUTHENTICATED is true: anyone who reaches the port.* can use the model \| Set MicrosoftAppId/,
        HOST,
      );
  });

  it('reports a missing secret in whole words', async () => {
    const bare = { ...settings('00000000-0000-4000-8000-000000000005'), MicrosoftAppPassword: '' };
    assert.match(
      findingText(await examined(bare, { only: [NAME] }), NAME),
      /^fail \| MultiTenant: no token for the channels: .*Client credential .* when creating a … \| Set MicrosoftAppPassword to a secret/,
    );
  });

  it('reports settings that botbuilder rejects', async () => {
    const half = {
      ...settings('00000000-0000-4000-8000-000000000004'),
      MicrosoftAppPassword: '',
      MicrosoftAppType: 'SingleTenant',
      MicrosoftAppTenantId: '11111111-2222-4333-8444-555555555555',
    };
    assert.match(
      findingText(await examined(half, { only: [NAME] }), NAME),
      /^fail \| SingleTenant: .*MicrosoftAppPassword is required.* \| Set MicrosoftAppPassword to a secret of the app registration/,
    );
  });
});

describe('the reason for a missing token', () => {
  it("is found in MSAL's message, next to it, and in one of many errors", () => {
    const expired =
      'invalid_client: 7000222 - [2026-11-23]: AADSTS7000222: The provided client secret keys are expired.';
    assert.equal(entraFailure(new Error(expired)), 'AADSTS7000222');
    assert.equal(entraFailure(Object.assign(new Error('See'), { errorMessage: 'AADSTS90002: Tenant' })), 'AADSTS90002');
    assert.equal(entraFailure(new AggregateError([new Error('none'), new Error('AADSTS700016: no')])), 'AADSTS700016');
    assert.equal(entraFailure(new Error('outer', { cause: new Error('AADSTS50034: no') })), 'AADSTS50034');
  });

  it('is the network code, else the first sentence of each source, else the thrown value', () => {
    const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    assert.equal(entraFailure(new Error('no', { cause })), 'ENOTFOUND');
    assert.equal(entraFailure(new Error('Chained.\nEnvironment: unavailable')), 'Chained');
    assert.equal(entraFailure('word'), 'word');
    const chain = new AggregateError(
      [new Error('Environment is unavailable. See x'), new Error('No CLI.')],
      'Chained.',
    );
    assert.equal(entraFailure(chain), 'Environment is unavailable; No CLI');
    const tools = [
      'EnvironmentCredential is unavailable. x',
      'Error: Unable to execute PowerShell. Ensure that it is installed',
      'Visual Studio Code Authentication is not available.',
      "Azure Developer CLI couldn't be found.",
    ].map((each) => new Error(each));
    assert.equal(entraFailure(new AggregateError(tools)), 'EnvironmentCredential is unavailable');
    assert.match(entraFailure(new AggregateError(tools.slice(1, 2))), /PowerShell/);
    const long = entraFailure(new Error(`${'word '.repeat(50)}end`));
    assert.match(long, /^(?:word )+…$/);
    assert.ok(long.length <= 120);
    const loop = new Error('round and round');
    loop.cause = loop;
    assert.equal(entraFailure(Object.assign(loop, { code: 'E_LOOP' })), 'E_LOOP');
  });

  it('has its own fix if it is common', () => {
    for (const [code, remedy] of [
      ['AADSTS7000222', /expired.*az ad app credential reset/],
      ['AADSTS7000215', /value of a secret/],
      ['AADSTS90002', /MicrosoftAppTenantId/],
      ['AADSTS700016', /SingleTenant/],
      ['AADSTS7000229', /az ad sp create/],
      ['AADSTS700027', /CertificateThumbprint/],
      ['ENOTFOUND', /login\.microsoftonline\.com/],
    ] as const) {
      assert.match(identityFix(code, { MicrosoftAppType: 'SingleTenant', MicrosoftAppPassword: 'p' }, false), remedy);
    }
    assert.match(identityFix('', { MicrosoftAppType: 'UserAssignedMSI' }, false), /over SSH: node dist\/doctor\.js/);
    assert.match(identityFix('', { MicrosoftAppType: 'userassignedmsi' }, true), /Assign the managed identity/);
  });
});
