import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import { azure, problemsOf } from './problems-of.ts';

describe('the address of the model', () => {
  const endpointOf = (endpoint: string) => {
    const { model } = readConfig({ ...azure, AZURE_OPENAI_ENDPOINT: endpoint });
    return model.kind === 'openai' ? '' : model.endpoint;
  };

  it('may have the path that the portal shows', () => {
    const resource = 'https://r.openai.azure.com';
    for (const path of ['/openai', '/openai/', '/openai/v1/', '/openai/v1/realtime?model=x', '/OpenAI/realtime?a=1#b'])
      assert.equal(endpointOf(`${resource}${path}`), resource);
    assert.equal(endpointOf('https://r.services.ai.azure.com/openai/v1'), 'https://r.services.ai.azure.com');
    assert.equal(
      endpointOf('https://eastus.api.cognitive.microsoft.com/openai/'),
      'https://eastus.api.cognitive.microsoft.com',
    );
    // A gateway may be at any path, this one included.
    for (const gateway of [
      'https://gate.example.com/openai/v1',
      'https://gate.azure-api.net/openai',
      'https://gate.westeurope.cloudapp.azure.com/v1',
    ])
      assert.equal(endpointOf(gateway), gateway);
    assert.match(
      problemsOf({ ...azure, AZURE_OPENAI_ENDPOINT: 'https://gate.example.com/openai/v1?key=hidden' }).join(),
      /^AZURE_OPENAI_ENDPOINT contains credentials, a query or a fragment; expected/,
    );
    assert.equal(problemsOf({ ...azure, AZURE_OPENAI_ENDPOINT: 'https://u:p@r.openai.azure.com/openai' }).length, 1);
  });

  for (const address of [
    'https://r.openai.azure.com/v1',
    'https://r.openai.azure.com/openaix',
    'https://r.openai.azure.us/anything/else',
    'https://r.services.ai.azure.com/api',
    'https://r.cognitiveservices.azure.cn/speechtotext',
    'https://eastus.api.cognitive.microsoft.com/sts/v1.0/issuetoken',
  ]) {
    it(`is rejected with a path that no resource has: ${address}`, () => {
      assert.deepEqual(problemsOf({ ...azure, AZURE_OPENAI_ENDPOINT: address }), [
        'AZURE_OPENAI_ENDPOINT has a path that does not lead to the model; expected the address of the resource without a path, such as https://<resource>.openai.azure.com',
      ]);
    });
  }

  it('is the root of the resource for the endpoint of a Foundry project', () => {
    for (const cloud of ['com', 'us', 'cn']) {
      const root = `https://r.services.ai.azure.${cloud}`;
      for (const path of ['', '/', '/api/projects/p', '/api/projects/p/', '/api/projects/p/openai/v1', '/models?a=b'])
        assert.equal(endpointOf(`${root}${path}`), root, path);
    }
    assert.equal(endpointOf('https://gate.example.com/api/projects/p'), 'https://gate.example.com/api/projects/p');
  });

  for (const [endpoint, scope] of [
    ['https://r.openai.azure.com', 'https://cognitiveservices.azure.com/.default'],
    ['https://r.openai.azure.us/openai/v1', 'https://cognitiveservices.azure.us/.default'],
    ['https://R.cognitiveservices.azure.US', 'https://cognitiveservices.azure.us/.default'],
    ['https://r.openai.azure.cn', 'https://cognitiveservices.azure.cn/.default'],
    ['https://gate.azure-api.net/realtime', 'https://cognitiveservices.azure.com/.default'],
    ['https://gate.azure-api.us/realtime', 'https://cognitiveservices.azure.us/.default'],
    ['https://gate.azure-api.cn', 'https://cognitiveservices.azure.cn/.default'],
    ['https://virginia.api.cognitive.microsoft.us', 'https://cognitiveservices.azure.us/.default'],
    ['https://chinaeast2.api.cognitive.azure.cn', 'https://cognitiveservices.azure.cn/.default'],
    ['https://notazure.us', 'https://cognitiveservices.azure.com/.default'],
    ['https://gate.example.us', 'https://cognitiveservices.azure.com/.default'],
    ['https://azure.us.example.com', 'https://cognitiveservices.azure.com/.default'],
    ['http://localhost:8790', 'https://cognitiveservices.azure.com/.default'],
  ] as const) {
    it(`decides by its cloud about the scope of tokens: ${endpoint}`, () => {
      const env = { ...azure, AZURE_OPENAI_ENDPOINT: endpoint };
      assert.partialDeepStrictEqual(readConfig(env).model, { scope });
      const given = { ...env, AZURE_OPENAI_SCOPE: 'https://ai.azure.com/.default' };
      assert.partialDeepStrictEqual(readConfig(given).model, { scope: 'https://ai.azure.com/.default' });
    });
  }
});
