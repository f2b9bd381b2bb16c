import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { simulatedMind } from '../../dev/simulator/rules.ts';
import { en } from '../../src/messages/en.ts';
import { inTime } from '../realtime/gathered.ts';
import { startBot } from '../support/bot.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { startOpenIdServer } from '../support/openid-server.ts';
import { SwiftClock } from '../support/swift-clock.ts';
import { startTlsFront } from '../support/tls-front.ts';
import { makeTrustedCertificate } from '../support/trusted.ts';

const CLIP = readFileSync(new URL('../audio/clips/voip-60ms.opus', import.meta.url));
const PICTURE = readFileSync(new URL('../../deploymentTemplates/teams/color.png', import.meta.url));
const TEXT = Buffer.from('tulips and daffodils\n');
const HEARD = /I heard \d+\.\d seconds of sound/;
const TEAMS = 'https://smba.trafficmanager.net/emea/';
const TELEGRAM = 'https://telegram.botframework.com/';
const LINE = 'https://line.botframework.com';
const SLACK = 'https://slack.botframework.com/';
const DIRECT_LINE = 'https://directline.botframework.com/';
const SHAREPOINT = 'https://contoso.sharepoint.com/sites/x/report.txt';

const certificate = makeTrustedCertificate(
  'smba.trafficmanager.net',
  '*.botframework.com',
  '*.directline.botframework.com',
  '*.webchat.botframework.com',
  '*.botframework.azure.us',
  '*.sharepoint.com',
  '*.sharepoint.us',
  '*.infra.gov.teams.microsoft.us',
  'login.microsoftonline.com',
);
const skip = certificate === undefined ? 'there is no openssl' : false;

/** What a channel, or a host of files, answers to one who reads; `undefined` = 404. */
type Read = (path: string, response: ServerResponse, count: number) => void;

interface Field {
  readonly outboundToken: string;
  /** Path and `Authorization` of what was read. */
  readonly reads: () => readonly [string, string | undefined][];
  /** The hosts that were reached through the proxy. */
  readonly hosts: () => readonly string[];
  /** Sends a message with an attachment over a channel and resolves with the text of the answer. */
  send(channelId: string, serviceUrl: string, attachment: object): Promise<string>;
}

interface World extends AsyncDisposable {
  /** What was read and reached from here on, in a conversation of its own. */
  field(read: Read): Field;
}

/** The real bot with an app id on one side of a proxy, on whose other side all hosts are one server of the test. */
async function startWorld(): Promise<World> {
  if (certificate === undefined) throw new Error('there is no certificate');
  let connectorPort = 0;
  const front = await startTlsFront(certificate, () => connectorPort);
  const proxy = await startConnectProxy(() => front.port);
  // The client of botbuilder reads it by itself.
  process.env['HTTPS_PROXY'] = proxy.url;
  const openId = await startOpenIdServer();
  const bot = await startBot({
    env: { ...openId.env, HTTPS_PROXY: proxy.url },
    deps: { clock: new SwiftClock() },
    simulator: { mind: simulatedMind },
  });
  connectorPort = Number(new URL(bot.connector.url).port);
  let fieldCount = 0;
  return {
    field(read) {
      const { calls, messages } = bot.connector;
      const conversation = { id: `conversation-${++fieldCount}` };
      const [callsBefore, tunnelsBefore] = [calls.length, proxy.tunnels.length];
      let count = 0;
      bot.connector.rule = ({ method, path }, response) => {
        if (method !== 'GET') return undefined;
        read(path, response, ++count);
        return 'handled';
      };
      return {
        outboundToken: openId.outboundToken,
        reads: () =>
          calls
            .slice(callsBefore)
            .filter(({ method }) => method === 'GET')
            .map(({ path, authorization }) => [path, authorization]),
        hosts: () => proxy.tunnels.slice(tunnelsBefore).map(({ target }) => target),
        async send(channelId, serviceUrl, attachment) {
          const before = messages.length;
          const activity = bot.message(undefined, { channelId, serviceUrl, conversation, attachments: [attachment] });
          const { status } = await bot.post(activity, { authorization: `Bearer ${openId.token(serviceUrl)}` });
          assert.equal(status, 200);
          return (await inTime(bot.connector.whenMessages(before + 1)))[before]?.body.text;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await bot.close();
      await openId.close();
      await proxy[Symbol.asyncDispose]();
      await front[Symbol.asyncDispose]();
      delete process.env['HTTPS_PROXY'];
    },
  };
}

/** Not in one go: restify, in this very process, has `writeHead` return nothing. */
function answer(response: ServerResponse, status: number, headers = {}, body?: Uint8Array): void {
  response.writeHead(status, headers);
  response.end(body);
}

const gives =
  (body: Uint8Array, type = 'application/octet-stream'): Read =>
  (_path, response) =>
    answer(response, 200, { 'content-type': type }, body);
const picture = (contentUrl: string) => ({ contentType: 'image/*', contentUrl });
const voice = (contentUrl: string) => ({ contentType: 'audio/ogg', contentUrl });
const reference = { contentType: 'reference', contentUrl: SHAREPOINT, name: 'report.txt' };

describe('files by channel', { skip, timeout: 120_000 }, () => {
  let world: World;

  before(async () => {
    world = await startWorld();
  });

  after(async () => {
    await world[Symbol.asyncDispose]();
    certificate?.close();
  });

  it('Telegram voice: it is heard, since it lies at the origin of the verified service URL', async () => {
    const { send, reads } = world.field(gives(CLIP));
    assert.match(await send('telegram', TELEGRAM, voice(`${TELEGRAM}v3/attachments/x/views/original`)), HEARD);
    assert.deepEqual(
      reads().map(([path]) => path),
      ['/v3/attachments/x/views/original'],
    );
  });

  for (const [channel, serviceUrl, url] of [
    ['line', LINE, `${LINE}/v3/attachments/x/views/original`],
    ['line', LINE, `${LINE}/media/another/path.ogg?key=1`],
    ['slack', SLACK, `${SLACK}/v3/attachments/x/views/original`],
    ['telegram', TELEGRAM, `${TELEGRAM}v3/attachments/eu:x/views/original`],
    ['directline', DIRECT_LINE, `${DIRECT_LINE}attachments/c/0000001/0/voice.ogg?t=key`],
    ['directline', DIRECT_LINE, 'https://europe.directline.botframework.com/attachments/c/0000001/0/voice.ogg?t=key'],
    [
      'webchat',
      'https://webchat.botframework.com/',
      'https://india.webchat.botframework.com/attachments/c/1/0/v?t=key',
    ],
    [
      'directline',
      'https://directline.botframework.azure.us/',
      'https://directline.botframework.azure.us/attachments/v',
    ],
  ] as const) {
    it(`Telegram voice: so for every channel: ${channel} at ${url}`, async () => {
      const { send } = world.field(gives(CLIP));
      assert.match(await send(channel, serviceUrl, voice(url)), HEARD);
    });
  }

  it('are given the token at the views of attachments alone, and on no channel whose addresses hold a key', async () => {
    const view = '/v3/attachments/x/views/original';
    for (const [channel, serviceUrl, path, isGiven] of [
      ['telegram', TELEGRAM, view, true],
      ['slack', SLACK, `/${view}`, true],
      ['msteams', TEAMS, `/emea${view}`, true],
      ['msteams', TEAMS, '/emea/v3/conversations/19:other/members', false],
      ['line', LINE, '/v3/conversations/other/members', false],
      ['directline', DIRECT_LINE, view, false],
    ] as const) {
      const field = world.field(gives(TEXT));
      assert.match(await field.send(channel, serviceUrl, voice(new URL(serviceUrl).origin + path)), /tulips/);
      assert.deepEqual(field.reads(), [[path, isGiven ? `Bearer ${field.outboundToken}` : undefined]]);
    }
  });

  for (const status of [401, 403, 404]) {
    it(`a moment of 401/403: ${status} once, 200 a second later is fetched`, async () => {
      const { send, reads } = world.field((path, response, count) =>
        count === 1 ? answer(response, status) : gives(PICTURE, 'image/png')(path, response, count),
      );
      const said = await send('msteams', TEAMS, picture(`${TEAMS}v3/attachments/0-x/views/original`));
      assert.match(said, /picture/i);
      assert.doesNotMatch(said, /could not/);
      assert.equal(reads().length, 2);
    });
  }

  for (const [channel, serviceUrl, url] of [
    ['msteams', TEAMS, `${TEAMS}v3/attachments/0-x`],
    ['slack', SLACK, `${SLACK}/v3/attachments/0-x`],
    ['telegram', TELEGRAM, `${TELEGRAM}v3/attachments/0-x/`],
  ] as const) {
    it(`address without the view: the original view is fetched, the JSON is not read: ${url}`, async () => {
      const json = Buffer.from(JSON.stringify({ name: 'secret words', views: [{ viewId: 'original', size: 1 }] }));
      const { send, reads, outboundToken } = world.field((path, response, count) =>
        path.endsWith('/views/original')
          ? gives(PICTURE, 'image/png')(path, response, count)
          : gives(json, 'application/json')(path, response, count),
      );
      const said = await send(channel, serviceUrl, picture(url));
      assert.match(said, /picture/i);
      assert.doesNotMatch(said, /secret words|could not/);
      const path = `${new URL(url).pathname.replace(/\/$/, '')}/views/original`;
      assert.deepEqual(reads(), [[path, `Bearer ${outboundToken}`]]);
    });
  }

  it('a picture that Teams names in its HTML alone is fetched as the attachment of that id', async () => {
    const { send, reads } = world.field(gives(PICTURE, 'image/png'));
    const image =
      '<img itemtype="http://schema.skype.com/AMSImage" itemid="0-weu-x" src="https://eu-api.asm.skype.com/v1/objects/0-weu-x/views/imgo">';
    const said = await send('msteams', TEAMS, { contentType: 'text/html', content: `<p>${image}</p>` });
    assert.match(said, /picture/i);
    assert.deepEqual(
      reads().map(([path]) => path),
      ['/emea/v3/attachments/0-weu-x/views/original'],
    );
  });

  for (const [what, read] of [
    ['302 to a sign-in page', redirects('https://login.microsoftonline.com/common/oauth2/authorize?client_id=x')],
    ['302 to a page of its own, without end', redirects('/_layouts/15/Authenticate.aspx')],
    ['403', (_path, response) => answer(response, 403)],
    ['401', (_path, response) => answer(response, 401)],
    ['a sign-in page with 200', gives(Buffer.from('<!DOCTYPE html><html><body>Sign in</body></html>'), 'text/html')],
  ] as const satisfies readonly (readonly [string, Read])[]) {
    it(`OneDrive reference: ${what} is answered by what to do, never by "send it again"`, async () => {
      const { send, hosts } = world.field(read);
      const said = await send('msteams', TEAMS, reference);
      assert.ok(said.includes(en.attachments.notRead.sign_in_needed('report.txt')), said);
      assert.doesNotMatch(said, /send it again/i);
      assert.ok(!hosts().includes('login.microsoftonline.com:443'));
    });
  }

  it('OneDrive reference: one that is given is read', async () => {
    const { send, reads } = world.field(gives(TEXT, 'text/plain'));
    assert.match(await send('msteams', TEAMS, reference), /tulips/);
    assert.deepEqual(reads(), [['/sites/x/report.txt', undefined]]);
  });

  it('proxy: files come through it, and their names are not looked up here', async () => {
    const { send, hosts } = world.field(gives(TEXT));
    await send('msteams', TEAMS, reference);
    assert.ok(hosts().includes('contoso.sharepoint.com:443'));
  });
});

function redirects(location: string): Read {
  return (_path, response) => answer(response, 302, { location });
}
