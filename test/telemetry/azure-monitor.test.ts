import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { simulatedResponder } from '../../dev/simulator/rules.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { startBotProcess } from '../support/bot-process.ts';
import { makeCertificate } from '../support/certificate.ts';
import { startFakeConnector } from '../support/fake-connector.ts';
import { type Envelope, startIngestion } from '../support/ingestion.ts';

const certificate = makeCertificate('localhost');
after(() => certificate?.close());
const skip = certificate === undefined ? 'there is no openssl' : false;

const isStart = ({ data }: Envelope) => data.baseData.metrics?.[0]?.name === 'voice_bot.process.starts';

/** One message of a user whose words must not appear anywhere. */
function message(serviceUrl: string) {
  return JSON.stringify({
    type: 'message',
    id: 'activity-of-ada',
    channelId: 'emulator',
    serviceUrl,
    conversation: { id: 'conversation-of-ada' },
    from: { id: 'user-of-ada', name: 'Ada Lovelace' },
    recipient: { id: 'bot', name: 'Bot' },
    text: 'echo tulips and daffodils',
  });
}

describe('telemetry for Application Insights', { skip }, () => {
  async function startAll(t: TestContext, env: Record<string, string> = {}) {
    if (certificate === undefined) throw new Error('no certificate');
    const simulator = await startSimulator({ responder: simulatedResponder, voice: toneVoice(), paceMs: 0 });
    const connector = await startFakeConnector();
    const ingestion = await startIngestion(certificate);
    ingestion.isBusy = true;
    const bot = startBotProcess({
      AZURE_OPENAI_ENDPOINT: simulator.url,
      AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
      AZURE_OPENAI_API_KEY: 'key-of-the-model',
      PORT: '0',
      APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString,
      // The library's reports about itself to Microsoft.
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
      NODE_EXTRA_CA_CERTS: certificate.certPath,
      ...env,
    });
    t.after(async () => {
      await bot[Symbol.asyncDispose]();
      await ingestion.close();
      await simulator.close();
      await connector.close();
    });
    const url = await bot.whenListening();
    return {
      bot,
      connector,
      ingestion,
      async says() {
        const headers = { 'content-type': 'application/json' };
        await fetch(`${url}/api/messages`, { method: 'POST', headers, body: message(connector.url) });
        return (await connector.whenMessages(1))[0]?.body;
      },
    };
  }

  it("reports the start at once, turns by the end of the process, and none of the users' words", async (t) => {
    const all = await startAll(t);
    const { bot, ingestion } = all;
    await ingestion.when(isStart);
    const rejection = await bot.whenLogged(({ msg }) => String(msg).startsWith('telemetry not accepted'));
    assert.equal(rejection['status'], 503);
    ingestion.isBusy = false;
    const reply = await all.says();
    bot.signal('SIGTERM');
    assert.deepEqual(await bot.ended, { code: 0, signal: null });
    assert.match(bot.stdout, /telemetry accepted again/);
    const turn = ingestion.envelopes.find(({ data }) => data.baseType === 'RequestData');
    assert.equal(turn?.data.baseData.name, 'turn');
    assert.equal(turn?.data.baseData.success, true);
    const steps = ingestion.envelopes.filter(({ data }) => data.baseType === 'RemoteDependencyData');
    assert.deepEqual(
      steps.map(({ data }) => data.baseData.name),
      ['connect', 'generate', 'send'],
    );
    for (const { tags } of steps) assert.equal(tags['ai.operation.parentId'], turn?.data.baseData.id);
    const sent = ingestion.envelopes.flatMap(({ data }) => data.baseData.metrics ?? []).map(({ name }) => name);
    assert.ok(sent.includes('voice_bot.turn.duration'));
    assert.match(reply.text, /tulips/);
    const link = String(reply.attachments[0].contentUrl).split('/audio/')[1] ?? '';
    assert.ok(link.length > 40, 'the reply has a link to its sound');
    const wire = ingestion.bodies.join();
    for (const secret of ['tulips', 'daffodils', 'Ada', '-of-ada', 'key-of-the-model', link.slice(0, 20)])
      assert.ok(!wire.includes(secret), secret);
  });

  it('is not sent without a token if Entra ID is required: affects neither answers nor shutdown', async (t) => {
    const all = await startAll(t, {
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=1',
      // A credential chain that ends at once: nobody has logged in here.
      AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential',
    });
    assert.match((await all.says()).text, /tulips/);
    await all.bot.whenLogged(({ msg }) => String(msg).startsWith('telemetry not accepted'));
    all.bot.signal('SIGTERM');
    assert.deepEqual(await all.bot.ended, { code: 0, signal: null });
    assert.deepEqual(all.ingestion.bodies, []);
    assert.equal(all.bot.stdout.split('telemetry not accepted').length, 2, 'logged once');
  });
});
