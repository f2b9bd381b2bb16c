import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { simulatedResponder } from '../../dev/simulator/rules.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { startTlsFront } from '../support/tls-front.ts';
import { makeTrustedCertificate } from '../support/trusted.ts';
import { examined, findingText } from './examined.ts';

const MODEL_HOST = 'resource.model.test';
const certificate = makeTrustedCertificate(MODEL_HOST);
const skip = certificate === undefined ? 'there is no openssl' : false;
const ONLY = ['model address', 'model credentials', 'model deployment'];

describe('the doctor behind a proxy', { skip, timeout: 60_000 }, () => {
  after(() => certificate?.close());

  it('reaches the model like the bot, and names the proxy without its password', async (t) => {
    if (certificate === undefined) return;
    const simulator = await startSimulator({ responder: simulatedResponder, voice: toneVoice() });
    const front = await startTlsFront(certificate, () => Number(new URL(simulator.url).port));
    const proxy = await startConnectProxy(() => front.port);
    t.after(async () => {
      await proxy[Symbol.asyncDispose]();
      await front[Symbol.asyncDispose]();
      await simulator.close();
    });
    const { host } = new URL(proxy.url);
    const env = { AZURE_OPENAI_ENDPOINT: `https://${MODEL_HOST}`, HTTPS_PROXY: `http://user:a-secret@${host}` };
    const found = await examined(env, { only: ONLY });
    assert.match(
      findingText(found, 'model address'),
      /^pass \| resource\.model\.test: TLSv1\.3 in \d+ ms, through the proxy 127\./,
    );
    assert.match(findingText(found, 'model deployment'), /^pass/);
    assert.doesNotMatch(JSON.stringify([...found]), /a-secret/);

    proxy.rule = () => ({ status: 407 });
    const refused = await examined(env, { only: ONLY });
    assert.match(
      findingText(refused, 'model address'),
      /^fail .*the proxy 127\.0\.0\.1:\d+ answered 407 .* \| Check HTTPS_PROXY/,
    );
    assert.doesNotMatch(JSON.stringify([...refused]), /a-secret/);
  });
});
