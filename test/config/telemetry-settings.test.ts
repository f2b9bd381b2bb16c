import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EnvReader } from '../../src/config/env.ts';
import { readTelemetry } from '../../src/config/telemetry-settings.ts';

const KEY = 'InstrumentationKey=00000000-0000-4000-8000-00000000000a';
const WHOLE = `${KEY};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/;LiveEndpoint=https://x.y/`;

function read(env: Record<string, string>) {
  const reader = new EnvReader(env);
  return { settings: readTelemetry(reader), problems: reader.problems };
}

describe('the settings of telemetry', () => {
  it('are not set by default', () => {
    assert.deepEqual(read({}), { settings: undefined, problems: [] });
    assert.equal(read({ APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD' }).settings, undefined);
  });

  it('use the key of the connection string, or Entra ID', () => {
    const env = { APPLICATIONINSIGHTS_CONNECTION_STRING: WHOLE };
    const byKey = { connectionString: WHOLE, entraScope: undefined };
    assert.deepEqual(read(env), { settings: byKey, problems: [] });
    const signIn = { APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=1' };
    const byEntraId = { ...byKey, entraScope: 'https://monitor.azure.com/.default' };
    assert.deepEqual(read({ ...env, ...signIn }), { settings: byEntraId, problems: [] });
  });

  it('ask for tokens of the cloud that the connection string names', () => {
    for (const audience of [
      'https://monitor.azure.us',
      'https://monitor.azure.us/',
      'https://monitor.azure.us//.default',
    ]) {
      const env = {
        APPLICATIONINSIGHTS_CONNECTION_STRING: `${WHOLE};AADAudience=${audience};ApplicationId=1`,
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD',
      };
      assert.equal(read(env).settings?.entraScope, 'https://monitor.azure.us/.default', audience);
    }
  });

  for (const connectionString of ['x', 'InstrumentationKey=1', `${KEY};IngestionEndpoint=http://a.b/`, 'a;b=c'])
    it(`reject an invalid connection string without quoting it: ${connectionString}`, () => {
      const { problems } = read({ APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString });
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^APPLICATIONINSIGHTS_CONNECTION_STRING is not valid/);
      assert.ok(connectionString.length < 2 || !problems[0]?.includes(connectionString));
    });

  it('reject an unknown authentication', () => {
    const { problems } = read({ APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=Basic' });
    assert.match(problems.join(), /APPLICATIONINSIGHTS_AUTHENTICATION_STRING is not valid/);
  });
});
