import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entraFailure } from '../../src/doctor/entra-failure.ts';
import { identityTodo } from '../../src/doctor/identity.ts';
import { keepOutboundToken } from '../support/openid-server.ts';
import { examined, said } from './examined.ts';

const NAME = 'bot identity';

function jwt(claims: object): string {
  return `header.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
}

function settings(appId: string) {
  return { MicrosoftAppId: appId, MicrosoftAppPassword: 'app-password', HOST: '127.0.0.1' };
}

describe('the doctor and the identity of the bot', () => {
  it('gets its token as the adapter does, and says who it is of', async () => {
    const exp = Math.floor(Date.now() / 1000) + 1_830;
    const token = jwt({ appid: 'app-one', tid: 'tenant-1', exp });
    keepOutboundToken('app-one', token);
    const findings = await examined(settings('app-one'), { only: [NAME] });
    assert.match(
      said(findings, NAME),
      /^pass \| MultiTenant: a token for the channels: application app-one, tenant tenant-1, good for 30 more minutes$/,
    );
    assert.ok(!JSON.stringify([...findings]).includes(token));
  });

  it('sees a token of somebody else', async () => {
    keepOutboundToken('app-two', jwt({ azp: 'a-developer', exp: 0 }));
    assert.match(
      said(await examined(settings('app-two'), { only: [NAME] }), NAME),
      /^fail \| the token is of another application than MicrosoftAppId, app-two: application a-developer.*AZURE_CLIENT_ID/,
    );
  });

  it('takes a token that tells nothing', async () => {
    keepOutboundToken('app-three', 'not-a-jwt');
    assert.match(said(await examined(settings('app-three'), { only: [NAME] }), NAME), /^pass \| .*its end is not told/);
  });

  it('says what it means to have none', async () => {
    assert.match(said(await examined({}, { only: [NAME] }), NAME), /^pass \| none: only clients on this machine/);
    const open = { HOST: '0.0.0.0', ALLOW_UNAUTHENTICATED: 'true' };
    assert.match(
      said(await examined(open, { only: [NAME] }), NAME),
      /^warn \| none, and the bot listens to other machines/,
    );
  });

  it('says what botbuilder does not take', async () => {
    const half = {
      ...settings('app-four'),
      MicrosoftAppPassword: '',
      MicrosoftAppType: 'SingleTenant',
      MicrosoftAppTenantId: 't',
    };
    assert.match(
      said(await examined(half, { only: [NAME] }), NAME),
      /^fail \| SingleTenant: .*MicrosoftAppPassword is required/,
    );
  });
});

describe('why there is no token', () => {
  it('is found in the message of MSAL, beside it, and in one of many errors', () => {
    const expired =
      'invalid_client: 7000222 - [2026-11-23]: AADSTS7000222: The provided client secret keys are expired.';
    assert.equal(entraFailure(new Error(expired)), 'AADSTS7000222');
    assert.equal(entraFailure(Object.assign(new Error('See'), { errorMessage: 'AADSTS90002: Tenant' })), 'AADSTS90002');
    assert.equal(entraFailure(new AggregateError([new Error('none'), new Error('AADSTS700016: no')])), 'AADSTS700016');
    assert.equal(entraFailure(new Error('outer', { cause: new Error('AADSTS50034: no') })), 'AADSTS50034');
  });

  it('is the code of the network, else the first sentence of each source, else what was thrown', () => {
    const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    assert.equal(entraFailure(new Error('no', { cause })), 'ENOTFOUND');
    assert.equal(entraFailure(new Error('Chained.\nEnvironment: unavailable')), 'Chained');
    assert.equal(entraFailure('word'), 'word');
    const chain = new AggregateError(
      [new Error('Environment is unavailable. See x'), new Error('No CLI.')],
      'Chained.',
    );
    assert.equal(entraFailure(chain), 'Environment is unavailable; No CLI');
    const loop = new Error('round and round');
    loop.cause = loop;
    assert.equal(entraFailure(Object.assign(loop, { code: 'E_LOOP' })), 'E_LOOP');
  });

  it('has a remedy of its own for what is common', () => {
    for (const [code, remedy] of [
      ['AADSTS7000222', /expired.*az ad app credential reset/],
      ['AADSTS7000215', /value of a secret/],
      ['AADSTS90002', /MicrosoftAppTenantId/],
      ['AADSTS700016', /SingleTenant/],
      ['AADSTS7000229', /az ad sp create/],
      ['AADSTS700027', /CertificateThumbprint/],
      ['ENOTFOUND', /login\.microsoftonline\.com/],
    ] as const) {
      assert.match(identityTodo(code, 'SingleTenant', false), remedy);
    }
    assert.match(identityTodo('', 'UserAssignedMSI', false), /over SSH: node dist\/doctor\.js/);
    assert.match(identityTodo('', 'userassignedmsi', true), /Assign the managed identity/);
  });
});
