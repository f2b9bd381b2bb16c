import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelFix } from '../../src/doctor/model-fixes.ts';
import * as wire from '../realtime/server-events.ts';
import type { RawAnswer } from '../support/raw-model.ts';
import { findingText } from './examined.ts';
import { raw, simulated } from './model-under-test.ts';

describe('the doctor at a service that says why it refuses', () => {
  const resource = { key: 'a-key', deployments: { mine: 'realtime', whisper: 'other' } } as const;
  const MINUTES = 'A new deployment';
  for (const [what, env, words] of [
    [
      'handshake 400',
      { AZURE_OPENAI_DEPLOYMENT_NAME: 'whisper' },
      [
        '400 (OpperationNotSupported: The realtime operation does not work with the specified model.',
        'a deployment of a realtime model',
        MINUTES,
      ],
    ],
    [
      'unknown deployment',
      { AZURE_OPENAI_DEPLOYMENT_NAME: 'nobody' },
      [
        '404: no such deployment at this endpoint (DeploymentNotFound: The API deployment',
        'name of a deployment',
        '(the simulator accepts the deployments simulator and gpt-realtime)',
        MINUTES,
      ],
    ],
    [
      'wrong key',
      { AZURE_OPENAI_API_KEY: 'another-key' },
      [
        '401: the key or token is not accepted (401: Access denied',
        'a current key of the resource',
        '(the simulator accepts the key simulator-key)',
      ],
    ],
  ] as const) {
    it(`${what}: shows what the service says, and what to do`, async (t) => {
      const right = { AZURE_OPENAI_DEPLOYMENT_NAME: 'mine', AZURE_OPENAI_API_KEY: 'a-key' };
      const findings = await simulated(t, [], { env: { ...right, ...env }, simulator: { resource } });
      for (const each of words)
        assert.ok(findingText(findings, 'model deployment').includes(each), findingText(findings, 'model deployment'));
    });
  }

  it('says that an endpoint is that of a Foundry project', () => {
    const endpoint = 'https://gateway.example/api/projects/p';
    const model = { kind: 'azureKey', endpoint, model: 'm', apiKey: 'k' } as const;
    for (const code of ['deployment_not_found', 'handshake_refused', 'unauthorized'] as const)
      assert.match(modelFix(code, model), /\/api\/projects\/p is the address of a Foundry project(?!.*simulator)/);
  });

  it('says that a token is for another cloud than the endpoint, and where the right one comes from', () => {
    const scope = (cloud: string) => `https://cognitiveservices.azure.${cloud}/.default`;
    const model = { kind: 'azureEntraId', endpoint: 'https://r.openai.azure.us', model: 'm' } as const;
    const foreign = modelFix('unauthorized', { ...model, scope: scope('com') });
    assert.match(
      foreign,
      /^The token is for another cloud .* AZURE_OPENAI_SCOPE=https:\/\/cognitiveservices\.azure\.us\/\.default\./,
    );
    assert.match(foreign, /AZURE_AUTHORITY_HOST=https:\/\/login\.microsoftonline\.us\.$/);
    for (const code of ['unauthorized', 'credentials_failed'] as const)
      assert.match(
        modelFix(code, { ...model, scope: scope('us') }),
        /AZURE_AUTHORITY_HOST=https:\/\/login\.microsoftonline\.us/,
      );
    for (const endpoint of ['https://gate.azure-api.us', 'https://virginia.api.cognitive.microsoft.us'])
      assert.equal(modelFix('unauthorized', { ...model, endpoint, scope: scope('com') }), foreign);
    const china = modelFix('unauthorized', { ...model, endpoint: 'https://gate.azure-api.cn', scope: scope('com') });
    assert.match(china, /AZURE_OPENAI_SCOPE=https:\/\/cognitiveservices\.azure\.cn\/.*login\.chinacloudapi\.cn\.$/);
    const atHome = { ...model, endpoint: 'https://r.openai.azure.com', scope: 'https://ai.azure.com/.default' };
    assert.match(modelFix('unauthorized', atHome), /^Give the identity above the role/);
    assert.doesNotMatch(modelFix('credentials_failed', atHome), /AUTHORITY/);
  });
});

describe('the doctor at a service of the preview protocol', () => {
  const remedy = /it sent (\S+) \| Use the GA address .*without api-version.* and a GA model/;

  it('names it by its greeting', async (t) => {
    const session = { id: 'sess_1', object: 'realtime.session', modalities: ['audio', 'text'], voice: 'alloy' };
    const findings = await raw(t, [], [{ type: 'session.created', session }]);
    assert.equal(remedy.exec(findingText(findings, 'model deployment'))?.[1], 'session.created');
    assert.match(findingText(findings, 'voice'), /^skipped/);
  });

  it('names it by its answer', async (t) => {
    const answer: RawAnswer = ({ response, turn, send }) => {
      send(wire.created({ response, turn }), {
        ...wire.audioDelta([1, 2], { response }),
        type: 'response.audio.delta',
      });
      send(wire.done({ response, turn, output: [wire.outputItem('Hello', { type: 'audio' })] }));
    };
    const findings = await raw(t, [answer]);
    assert.equal(remedy.exec(findingText(findings, 'spoken turn'))?.[1], 'response.audio.delta');
  });
});
