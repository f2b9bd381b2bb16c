import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, describe, it, type TestContext } from 'node:test';
import tls from 'node:tls';
import type { Env } from '../../src/config/env.ts';
import { makeCertificate } from '../support/certificate.ts';
import { startIngestion } from '../support/ingestion.ts';
import { type ExaminedOptions, examined, findingText } from './examined.ts';

const NAME = 'telemetry';
const KEY = 'InstrumentationKey=00000000-0000-4000-8000-000000000001';
const ENTRA_ID = { APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD' };

const certificate = makeCertificate('localhost');
after(() => certificate?.close());

async function look(connectionString: string, env: Env = {}, deps: ExaminedOptions['deps'] = {}): Promise<string> {
  const given = { APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString, ...env };
  return findingText(await examined(given, { only: [NAME], deps }), NAME);
}

describe("the doctor's telemetry check", () => {
  it('is skipped if telemetry is not set up', async () => {
    assert.match(await look(' '), /^skipped/);
  });

  it('reports that nothing listens', async () => {
    assert.match(
      await look(`${KEY};IngestionEndpoint=https://127.0.0.1:65535/`),
      /^fail \| 127\.0\.0\.1:65535 cannot be reached: ECONNREFUSED/,
    );
  });
});

describe('the doctor at a telemetry endpoint', {
  skip:
    (certificate === undefined || typeof tls.setDefaultCACertificates !== 'function') && 'no certificate is trusted',
}, () => {
  if (certificate === undefined) return;
  const { key, cert, certPath } = certificate;
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(certPath, 'utf8')]);

  /** The endpoint's response. */
  async function startAnswering(t: TestContext, status: number, body: unknown): Promise<string> {
    const answer: RequestListener = (request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const server = createServer({ key, cert }, answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return `${KEY};IngestionEndpoint=https://localhost:${(server.address() as AddressInfo).port}/`;
  }

  it('sends one metric like the bot, with the key', async (t) => {
    const ingestion = await startIngestion(certificate);
    t.after(() => ingestion.close());
    assert.match(await look(ingestion.connectionString), /^pass \| localhost:\d+: accepted a metric in \d+ ms$/);
    assert.deepEqual(ingestion.authorizations, [undefined]);
    const [sent, ...others] = JSON.parse(ingestion.bodies[0] ?? '');
    assert.deepEqual(others, []);
    assert.ok(Date.parse(sent.time) > 0);
    assert.deepEqual(
      { ...sent, time: undefined, tags: undefined },
      {
        ver: 1,
        name: 'Microsoft.ApplicationInsights.Metric',
        time: undefined,
        sampleRate: 100,
        iKey: '00000000-0000-4000-8000-000000000001',
        tags: undefined,
        data: {
          baseType: 'MetricData',
          baseData: {
            ver: 2,
            metrics: [{ name: 'voice_bot.doctor', kind: 'Aggregation', value: 1, count: 1 }],
            properties: {},
          },
        },
      },
    );
  });

  it('sends it with an Entra ID token', async (t) => {
    const ingestion = await startIngestion(certificate);
    t.after(() => ingestion.close());
    const scopes: string[] = [];
    const tokens = (scope: string) => {
      scopes.push(scope);
      return async () => 'the-token';
    };
    assert.match(await look(ingestion.connectionString, ENTRA_ID, { tokens }), /^pass \| /);
    assert.deepEqual(ingestion.authorizations, ['Bearer the-token']);
    const elsewhere = `${ingestion.connectionString};AADAudience=https://monitor.azure.us/`;
    assert.match(await look(elsewhere, ENTRA_ID, { tokens }), /^pass \| /);
    assert.deepEqual(scopes, ['https://monitor.azure.com/.default', 'https://monitor.azure.us/.default']);
    const none = () => async () => {
      throw new Error('AADSTS700082: The refresh token has expired.');
    };
    assert.match(
      await look(ingestion.connectionString, ENTRA_ID, { tokens: none }),
      /^fail \| Entra ID gave no token for https:\/\/monitor.*: AADSTS700082 \| Run "az login", or give the host a managed identity/,
    );
  });

  const reason = { index: 0, statusCode: 400, message: '109: Field time is\nno time' };
  const refused = { itemsReceived: 1, itemsAccepted: 0, errors: [reason] };
  for (const [status, env, body, expected] of [
    [
      401,
      ENTRA_ID,
      refused,
      /^fail \| .*401: .*application app-1.* \| Give that identity the role "Monitoring Metrics Publisher"/,
    ],
    [403, ENTRA_ID, '', /^fail \| .*403: .* \| Give that identity the role "Monitoring Metrics Publisher"/],
    [
      401,
      {},
      '',
      /^fail \| .*401: the key .* \| .*APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD.*Monitoring Metrics Publisher/,
    ],
    [206, {}, refused, /^fail \| .*206: 109: Field time is\nno time \| Check APPLICATIONINSIGHTS_CONNECTION_STRING/],
    [400, {}, refused, /^fail \| .*400: 109: Field/],
    [400, {}, 'no JSON', /^fail \| .*400: no reason given/],
    [200, {}, refused, /^fail \| .*200: 109: Field/],
    [503, {}, '', /^warn \| .*503: .*unclear whether/],
    [308, {}, '', /^warn \| .*308: /],
  ] as const) {
    it(`interprets ${status} ${Object.keys(env).join()} ${JSON.stringify(body).slice(0, 12)}`, async (t) => {
      const claims = Buffer.from(JSON.stringify({ appid: 'app-1' })).toString('base64url');
      const tokens = () => async () => `header.${claims}.signature`;
      const found = await look(await startAnswering(t, status, body), env, { tokens });
      assert.match(found, expected);
      assert.ok(!found.includes(claims));
    });
  }
});
