import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import { entraIdTokens } from '../../src/realtime/endpoint.ts';
import { CLIENT_ID, deploy } from './deployment.ts';
import { environmentOf, settingsOf } from './settings.ts';
import { readTemplate } from './template.ts';

const whole = deploy(readTemplate('azuredeploy.json'));
const settings = settingsOf(whole);

/** Sets variables of this process for one test. */
function setVariables(t: TestContext, variables: Readonly<Record<string, string | undefined>>): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  for (const [name, value] of Object.entries(variables)) set(name, value);
  t.after(() => {
    for (const [name, value] of before) set(name, value);
  });
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/**
 * App Service's own source of tokens:
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
async function identityEndpoint(t: TestContext): Promise<{ url: string; asked: URL[] }> {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://localhost'));
    const expiresOn = Math.floor(Date.now() / 1000) + 3600;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ access_token: 'token', expires_on: String(expiresOn), token_type: 'Bearer' }));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`, asked };
}

describe("the identity in the site's settings", () => {
  it('is the one with the roles, and the bot authenticates as it', async (t) => {
    const { url, asked } = await identityEndpoint(t);
    const { AZURE_CLIENT_ID, AZURE_TOKEN_CREDENTIALS } = settings;
    const platform = { IDENTITY_ENDPOINT: url, IDENTITY_HEADER: 'header' };
    setVariables(t, { ...platform, AZURE_CLIENT_ID, AZURE_TOKEN_CREDENTIALS });
    const { database } = readConfig(environmentOf(whole));
    assert.ok(database?.signIn.kind === 'azureEntraId');
    for (const scope of ['https://cognitiveservices.azure.com/.default', database.signIn.scope])
      assert.equal(await entraIdTokens(scope)(), 'token');
    assert.deepEqual(
      asked.map(({ searchParams }) => [searchParams.get('resource'), searchParams.get('client_id')]),
      [
        ['https://cognitiveservices.azure.com', CLIENT_ID],
        ['https://ossrdbms-aad.database.windows.net', CLIENT_ID],
      ],
    );
  });

  it('has a kind of credentials that the client library supports', async (t) => {
    const { DefaultAzureCredential } = await import('@azure/identity');
    setVariables(t, { AZURE_TOKEN_CREDENTIALS: settings['AZURE_TOKEN_CREDENTIALS'] });
    new DefaultAzureCredential();
    setVariables(t, { AZURE_TOKEN_CREDENTIALS: 'ManagedIdentity' });
    assert.throws(() => new DefaultAzureCredential(), /AZURE_TOKEN_CREDENTIALS/);
  });
});
