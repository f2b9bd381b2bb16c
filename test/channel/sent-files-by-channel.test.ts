import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { answer, certificate, type Field, gives, type Read, skip, startField } from './file-hosts.ts';

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

const picture = (contentUrl: string) => ({ contentType: 'image/*', contentUrl });
const voice = (contentUrl: string) => ({ contentType: 'audio/ogg', contentUrl });
const reference = { contentType: 'reference', contentUrl: SHAREPOINT, name: 'report.txt' };

describe('files from a channel', { skip, timeout: 120_000 }, () => {
  let field: Field;
  before(async () => {
    field = await startField();
  });
  after(async () => {
    await field[Symbol.asyncDispose]();
    certificate?.close();
  });

  it('include voice messages of Telegram, whose origin is that of the verified service URL', async () => {
    const { send, reads } = field.begin(gives(CLIP));
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
    it(`include voice messages of ${channel} at ${url}`, async () => {
      const { send } = field.begin(gives(CLIP));
      assert.match(await send(channel, serviceUrl, voice(url)), HEARD);
    });
  }

  it('get the token only at attachment views, and never on a channel whose addresses contain a key', async () => {
    const view = '/v3/attachments/x/views/original';
    for (const [channel, serviceUrl, path, isGiven] of [
      ['telegram', TELEGRAM, view, true],
      ['slack', SLACK, `/${view}`, true],
      ['msteams', TEAMS, `/emea${view}`, true],
      ['msteams', TEAMS, '/emea/v3/conversations/19:other/members', false],
      ['line', LINE, '/v3/conversations/other/members', false],
      ['directline', DIRECT_LINE, view, false],
    ] as const) {
      field.begin(gives(TEXT));
      const file = { contentType: 'text/plain', contentUrl: new URL(serviceUrl).origin + path };
      assert.match(await field.send(channel, serviceUrl, file), /tulips/);
      assert.deepEqual(field.reads(), [[path, isGiven ? `Bearer ${field.openId.outboundToken}` : undefined]]);
    }
  });

  for (const status of [401, 403, 404]) {
    it(`are requested again after ${status}, which may be temporary`, async () => {
      const { send, reads } = field.begin((path, response, count) =>
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
    it(`are fetched as the original view if their address is that of the description in JSON: ${url}`, async () => {
      const json = Buffer.from(JSON.stringify({ name: 'secret words', views: [{ viewId: 'original', size: 1 }] }));
      const { send, reads, openId } = field.begin((path, response, count) =>
        path.endsWith('/views/original')
          ? gives(PICTURE, 'image/png')(path, response, count)
          : gives(json, 'application/json')(path, response, count),
      );
      const said = await send(channel, serviceUrl, picture(url));
      assert.match(said, /picture/i);
      assert.doesNotMatch(said, /secret words|could not/);
      const path = `${new URL(url).pathname.replace(/\/$/, '')}/views/original`;
      assert.deepEqual(reads(), [[path, `Bearer ${openId.outboundToken}`]]);
    });
  }

  for (const url of [
    `${TEAMS}v3/attachments/0-x?a=1`,
    `${TEAMS}v3/attachments/0-x/views`,
    'https://smba.trafficmanager.net/amer/v3/attachments/0-x',
    `${TEAMS}v3/attachments/0-x/views/original`,
  ]) {
    it(`are never the description in JSON, wherever it comes from: ${url}`, async () => {
      const json = Buffer.from(JSON.stringify({ name: 'secret words', views: [{ viewId: 'original' }] }));
      const { send } = field.begin(gives(json, 'application/json'));
      assert.equal(await send('msteams', TEAMS, picture(url)), en.attachments.notRead.kind_unknown(undefined));
    });
  }

  for (const src of [
    'https://eu-api.asm.skype.com/v1/objects/0-weu-x/views/imgo',
    'https://eu-prod.asyncgw.teams.microsoft.com/v1/11111111-2222-4333-8444-555555555555/objects/0-weu-x/views/imgo',
    'https://api.asm.gov.teams.microsoft.us/v1/objects/0-weu-x/views/imgo',
    'https://graph.microsoft.com/v1.0/teams/t/channels/c/messages/1/hostedContents/aWQ9/$value',
    'cid:1',
    '',
  ]) {
    it(`include a picture named only in Teams' HTML, by its attachment id: src="${src}"`, async () => {
      const { send, reads, openId } = field.begin(gives(PICTURE, 'image/png'));
      const image = `<img itemtype="http://schema.skype.com/AMSImage" itemid="0-weu-x" src="${src}">`;
      const said = await send('msteams', TEAMS, { contentType: 'text/html', content: `<p>${image}</p>` });
      assert.match(said, /picture/i);
      assert.deepEqual(reads(), [['/emea/v3/attachments/0-weu-x/views/original', `Bearer ${openId.outboundToken}`]]);
    });
  }

  for (const [what, read] of [
    ['302 to a sign-in page', redirects('https://login.microsoftonline.com/common/oauth2/authorize?client_id=x')],
    ['302 to a page of its own, without end', redirects('/_layouts/15/Authenticate.aspx')],
    ['403', (_path, response) => answer(response, 403)],
    ...[401, 404, 410, 429, 500, 503].map((status): readonly [string, Read] => [
      String(status),
      (_path, response) => answer(response, status),
    ]),
    ['a sign-in page with 200', gives(Buffer.from('<!DOCTYPE html><html><body>Sign in</body></html>'), 'text/html')],
  ] as const satisfies readonly (readonly [string, Read])[]) {
    it(`in OneDrive that end with ${what} get a reply that says what to do, and never "send it again"`, async () => {
      const { send, hosts } = field.begin(read);
      const said = await send('msteams', TEAMS, reference);
      assert.ok(said.includes(en.attachments.notRead.sign_in_needed('report.txt')), said);
      assert.doesNotMatch(said, /send it again/i);
      assert.ok(!hosts().includes('login.microsoftonline.com:443'));
    });
  }

  it('in OneDrive are read if they can be opened', async () => {
    const { send, reads } = field.begin(gives(TEXT, 'text/plain'));
    assert.match(await send('msteams', TEAMS, reference), /tulips/);
    assert.deepEqual(reads(), [['/sites/x/report.txt', undefined]]);
  });

  it('come through the proxy, and their host names are not resolved locally', async () => {
    const { send, hosts } = field.begin(gives(TEXT));
    await send('msteams', TEAMS, reference);
    assert.ok(hosts().includes('contoso.sharepoint.com:443'));
  });
});

function redirects(location: string): Read {
  return (_path, response) => answer(response, 302, { location });
}
