import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import { simulatedResponder } from '../../dev/simulator/rules.ts';
import { scripted } from '../../dev/simulator/script.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { TEAMS_LIBRARY_FILE, TEAMS_LIBRARY_PATH } from '../../src/http/pages/teams-library.ts';
import { METRICS } from '../../src/telemetry/names.ts';
import { flag, png } from '../attachments/pictures.ts';
import { createAudioContainer, startAzurite } from '../support/azurite.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { type ConnectorCall, startFakeConnector } from '../support/fake-connector.ts';
import { type Ingestion, startIngestion } from '../support/ingestion.ts';
import { startOpenIdServer } from '../support/openid-server.ts';
import { startStorageProxy } from '../support/storage-proxy.ts';
import { startTlsFront } from '../support/tls-front.ts';
import { startManagedIdentity } from './managed-identity.ts';
import { sharedUnpacked } from './shared-unpacked.ts';
import { COMMIT, ROOT, startUnpacked, type Unpacked } from './unpacked.ts';

const CLIPS = new URL('../audio/clips/', import.meta.url);
const APP_ID = '00000000-0000-0000-0000-00000000000b';
const WEBSITE = 'bot.azurewebsites.net';
const certificate = makeCertificate('localhost');
after(() => certificate?.close());

/** Identifies the machine for the telemetry library; it is looked up by code that code splitting would break. */
const MACHINE_ID = '/etc/machine-id';

/** Telemetry from the bundle: metrics, spans and their sender. */
function assertTelemetry({ envelopes, bodies }: Ingestion): void {
  const sent = envelopes.flatMap(({ data }) => data.baseData.metrics ?? []).map(({ name }) => name);
  assert.ok(sent.includes(METRICS.turnDuration), sent.join());
  assert.ok(envelopes.some(({ data }) => data.baseType === 'RequestData' && data.baseData.name === 'turn'));
  const machineId = existsSync(MACHINE_ID) ? readFileSync(MACHINE_ID, 'utf8').trim() : '';
  assert.ok(bodies.join().includes(machineId), machineId);
}

/** The far ends of a deployed bot. The first message is answered at once, the second one when `release` is called. */
async function startFarEnds(t: TestContext) {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const held = () => {
    asked.resolve();
    return { outputs: [{ text: 'At last' }], ending: { kind: 'completed' }, gate: gate.promise } as const;
  };
  const connector = await startFakeConnector();
  t.after(() => connector.close());
  const simulator = await startSimulator({
    responder: scripted(['Hello', held]).responder,
    voice: toneVoice(),
    paceMs: 0,
  });
  t.after(() => simulator.close());
  const env = { AZURE_OPENAI_ENDPOINT: simulator.url, AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime', PORT: '0' };
  return { connector, env, whenHeld: asked.promise, release: gate.resolve };
}

/** A storage account behind TLS with the audio container; it accepts any bearer token. */
async function startStorageAccount(t: TestContext, certificate: Certificate) {
  const azurite = await startAzurite();
  t.after(() => azurite.close());
  await createAudioContainer(azurite);
  const proxy = await startStorageProxy(azurite.url);
  t.after(() => proxy.close());
  const { port, pathname } = new URL(proxy.url);
  const front = await startTlsFront(certificate, () => Number(port));
  t.after(() => front[Symbol.asyncDispose]());
  const url = `https://localhost:${front.port}${pathname}`;
  return { env: { AZURE_STORAGE_BLOB_URL: url, NODE_EXTRA_CA_CERTS: certificate.certPath } };
}

/** Posts a message; resolves with the status of the response. */
async function post(url: string, serviceUrl: string, id: string, token = '', more: object = {}): Promise<number> {
  const { status } = await fetch(`${url}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      type: 'message',
      id,
      channelId: 'emulator',
      serviceUrl,
      conversation: { id: 'conversation-1' },
      from: { id: 'user-1' },
      recipient: { id: 'bot-1' },
      text: 'hello',
      ...more,
    }),
  });
  return status;
}

function inline(type: string, bytes: Uint8Array) {
  return { contentType: type, contentUrl: `data:${type};base64,${Buffer.from(bytes).toString('base64')}` };
}

function answerTo(id: string) {
  return ({ path, body }: ConnectorCall) => path.endsWith(`/${id}`) && body.type === 'message';
}

/** The audio of a reply, its player page and the page's resources, from the bot at `url`. */
async function assertIsHeard(url: string, { body }: ConnectorCall, origin: string): Promise<void> {
  const [attachment] = body.attachments;
  assert.equal(attachment.contentType, 'audio/wav');
  const address = String(attachment.contentUrl);
  assert.ok(address.startsWith(`${origin}/audio/`), address);
  const sound = await fetch(address.replace(origin, url));
  assert.equal(sound.status, 200);
  const wav = Buffer.from(await sound.arrayBuffer());
  assert.equal(wav.subarray(0, 4).toString(), 'RIFF');
  assert.ok(wav.byteLength > 10_000, `${wav.byteLength} bytes`);

  const page = await fetch(address.replace(origin, url).replace(/\.wav$/, ''));
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<audio.*<script[^>]*>[^<]/s);
  const library = await fetch(`${url}${TEAMS_LIBRARY_PATH}`);
  assert.deepEqual(Buffer.from(await library.arrayBuffer()), readFileSync(`${ROOT}node_modules/${TEAMS_LIBRARY_FILE}`));
  const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  const health = await fetch(`${url}/health`);
  assert.deepEqual(await health.json(), { status: 'ok', version, commit: COMMIT });
}

// The start command is for a Unix shell. Without its `exec` the shell would stand between SIGTERM and the bot, as with
// `node dist/index.js` on App Service: such a bot is killed in the middle of an answer.
describe('the unpacked ZIP', { skip: process.platform === 'win32' }, () => {
  let unpacked: Unpacked;
  before(async () => {
    unpacked = await sharedUnpacked();
  });

  it('answers in text and audio, sends telemetry to Azure Monitor, and completes running turns on SIGTERM', async (t) => {
    const { connector, env, whenHeld, release } = await startFarEnds(t);
    const ingestion = certificate && (await startIngestion(certificate));
    t.after(() => ingestion?.close());
    const telemetry = {
      APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion?.connectionString,
      NODE_EXTRA_CA_CERTS: certificate?.certPath,
      // The library also reports its own usage to an address of Microsoft's.
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    };
    const bot = startUnpacked(unpacked, { ...env, ...telemetry, AZURE_OPENAI_API_KEY: 'any' });
    t.after(() => bot[Symbol.asyncDispose]());
    const url = await bot.whenListening();
    // It is opened a moment after the start; earlier turns are not recorded.
    await ingestion?.when(({ data }) => data.baseData.metrics?.[0]?.name === METRICS.starts);

    assert.equal(await post(url, connector.url, 'first'), 200);
    const first = await connector.when(answerTo('first'));
    assert.equal(first.body.text, 'Hello');
    await assertIsHeard(url, first, url.replace('127.0.0.1', 'localhost'));

    assert.equal(await post(url, connector.url, 'second'), 200);
    await whenHeld;
    bot.signal('SIGTERM');
    await bot.whenLogged(({ msg }) => msg === 'drain started');
    release();
    assert.equal((await connector.when(answerTo('second'))).body.text, 'At last');
    assert.deepEqual(await bot.ended, { code: 0, signal: null });
    assert.equal(bot.stderr, '');
    if (ingestion === undefined) t.diagnostic('no telemetry was looked for: there is no openssl');
    else assertTelemetry(ingestion);
    unpacked.assertUntouched();
  });

  it('has the threads that decode audio and pictures', async (t) => {
    const simulator = await startSimulator({ responder: simulatedResponder, voice: toneVoice(), paceMs: 0 });
    t.after(() => simulator.close());
    const connector = await startFakeConnector();
    t.after(() => connector.close());
    const model = { AZURE_OPENAI_ENDPOINT: simulator.url, AZURE_OPENAI_DEPLOYMENT_NAME: 'x' };
    const bot = startUnpacked(unpacked, { ...model, AZURE_OPENAI_API_KEY: 'any', PORT: '0' });
    t.after(() => bot[Symbol.asyncDispose]());
    const attachments = [
      inline('audio/mpeg', readFileSync(new URL('mono-44k1.mp3', CLIPS))),
      inline('audio/ogg', readFileSync(new URL('mono.opus', CLIPS))),
      inline('image/png', png(flag(640, 480))),
    ];
    await post(await bot.whenListening(), connector.url, 'first', '', { text: '', attachments });
    const { text } = (await connector.when(answerTo('first'))).body;
    assert.equal(String(text).match(/I heard 1\.\d seconds of sound/g)?.length, 2);
    assert.match(text, /I see a picture of 640 by 480 pixels \(PNG\)\./);
  });

  it('works with a managed identity, channel tokens and an Azure Storage account', async (t) => {
    const certificate = makeCertificate('localhost');
    if (certificate === undefined) return t.skip('there is no openssl');
    t.after(() => certificate.close());
    const { connector, env, release } = await startFarEnds(t);
    const openId = await startOpenIdServer(APP_ID);
    t.after(() => openId.close());
    const identity = await startManagedIdentity(APP_ID);
    t.after(() => identity[Symbol.asyncDispose]());
    const storage = await startStorageAccount(t, certificate);
    const settings = {
      ...env,
      ...openId.env,
      ...identity.env,
      MicrosoftAppType: 'UserAssignedMSI',
      MicrosoftAppPassword: undefined,
      MicrosoftAppTenantId: '00000000-0000-0000-0000-00000000000c',
      ...storage.env,
      NODE_ENV: 'production',
      WEBSITE_HOSTNAME: WEBSITE,
    };
    const ask = (url: string, id: string) => post(url, connector.url, id, openId.token(connector.url));
    const bot = startUnpacked(unpacked, settings);
    t.after(() => bot[Symbol.asyncDispose]());
    const url = await bot.whenListening();
    assert.equal(await ask(url, 'first'), 200);
    const first = await connector.when(answerTo('first'));
    assert.equal(first.body.text, 'Hello');
    assert.equal(first.authorization, `Bearer ${identity.tokenFor('https://api.botframework.com')}`);
    for (const resource of ['https://cognitiveservices.azure.com', 'https://storage.azure.com'])
      assert.ok(identity.resources.has(resource), resource);
    await assertIsHeard(url, first, `https://${WEBSITE}`);
    bot.signal('SIGTERM');
    assert.deepEqual(await bot.ended, { code: 0, signal: null });

    // Its stored audio is there for the next process.
    const next = startUnpacked(unpacked, settings);
    t.after(() => next[Symbol.asyncDispose]());
    const nextUrl = await next.whenListening();
    await assertIsHeard(nextUrl, first, `https://${WEBSITE}`);
    release();
    assert.equal(await ask(nextUrl, 'second'), 200);
    assert.equal((await connector.when(answerTo('second'))).body.text, 'At last');
    next.signal('SIGTERM');
    assert.deepEqual(await next.ended, { code: 0, signal: null });
    assert.equal(bot.stderr + next.stderr, '');
    unpacked.assertUntouched();
  });
});
