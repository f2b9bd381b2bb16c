import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorizationFor } from '../../src/attachments/authorization.ts';

async function given(url: string, serviceUrl: string): Promise<{ value: string | undefined; isAsked: boolean }> {
  let isAsked = false;
  const token = async () => {
    isAsked = true;
    return 'a-token';
  };
  return { value: await authorizationFor(new URL(url), { serviceUrl, token }), isAsked };
}

const SERVICE = 'https://smba.trafficmanager.net/emea/a-tenant/';

describe("the channel's token", () => {
  for (const [url, serviceUrl] of [
    ['https://smba.trafficmanager.net/emea/v3/attachments/1/views/original', SERVICE],
    ['https://SMBA.trafficmanager.net:443/other', SERVICE],
    ['https://smba.trafficmanager.net/', 'https://smba.trafficmanager.net'],
    ['http://localhost:5000/v3/attachments/1', 'http://localhost:5000'],
    ['http://127.0.0.1:5000/', 'http://127.0.0.1:5000/'],
  ] as const) {
    it(`is for ${url}, where ${serviceUrl} is the channel`, async () => {
      assert.deepEqual(await given(url, serviceUrl), { value: 'Bearer a-token', isAsked: true });
    });
  }

  for (const [url, serviceUrl] of [
    ['https://other.trafficmanager.net/emea/', SERVICE],
    ['https://evil.smba.trafficmanager.net/', SERVICE],
    ['https://smba.trafficmanager.net.evil.example/', SERVICE],
    ['https://smba.trafficmanager.net./', SERVICE],
    ['https://smba.trafficmanager.net:8443/', SERVICE],
    ['http://smba.trafficmanager.net/', SERVICE],
    ['https://smba.trafficmanager.net@evil.example/', SERVICE],
    ['https://contoso.sharepoint.com/', SERVICE],
    ['http://files.example.com/', 'http://files.example.com/'],
    ['http://localhost:5001/', 'http://localhost:5000/'],
    ['http://127.0.0.1:5000/', 'http://localhost:5000/'],
    ['https://localhost:5000/', 'http://localhost:5000/'],
    ['data:text/plain,a', 'data:text/plain,a'],
    ['file:///a', 'file:///b'],
    ['https://smba.trafficmanager.net/', 'no address'],
    ['https://smba.trafficmanager.net/', ''],
  ] as const) {
    it(`is neither for ${url} nor asked for, where ${serviceUrl || 'nothing'} is the channel`, async () => {
      assert.deepEqual(await given(url, serviceUrl), { value: undefined, isAsked: false });
    });
  }
});
