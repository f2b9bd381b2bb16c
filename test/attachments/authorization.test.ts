import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorizationFor, originalViewOf } from '../../src/attachments/attachment-path.ts';

async function given(url: string, serviceUrl: string): Promise<{ value: string | undefined; isAsked: boolean }> {
  let isAsked = false;
  const token = async () => {
    isAsked = true;
    return 'a-token';
  };
  return { value: await authorizationFor(new URL(url), serviceUrl, token), isAsked };
}

const HOST = 'https://smba.trafficmanager.net';
const SERVICE = `${HOST}/emea/`;
const WITH_TENANT = `${HOST}/emea/a-tenant/`;
const SLACK = 'https://slack.botframework.com/';
const VIEW = '/v3/attachments/0-weu-d1-abc/views/original';

describe("the channel's token", () => {
  for (const [url, serviceUrl] of [
    [`${HOST}/emea${VIEW}`, SERVICE],
    [`${HOST}/emea${VIEW}`, `${HOST}/emea`],
    [`${HOST}/emea/a-tenant${VIEW}`, WITH_TENANT],
    [`${HOST}/emea${VIEW}`, WITH_TENANT],
    [`https://SMBA.trafficmanager.net:443/emea${VIEW}`, SERVICE],
    [`${HOST}/emea/v3/attachments/0-x/views/thumbnail`, SERVICE],
    [`${HOST}/emea${VIEW}/`, SERVICE],
    [`${HOST}/emea${VIEW}#fragment`, SERVICE],
    [`${SLACK}/v3/attachments/F1/views/original`, SLACK],
    [`${SLACK}v3/attachments/F1/views/original`, SLACK],
    ['https://telegram.botframework.com/v3/attachments/eu:1/views/original', 'https://telegram.botframework.com'],
    ['https://telegram.botframework.com/v3/attachments/eu%3A1/views/original', 'https://telegram.botframework.com/'],
  ] as const) {
    it(`is sent to ${url} if the service URL is ${serviceUrl}`, async () => {
      assert.deepEqual(await given(url, serviceUrl), { value: 'Bearer a-token', isAsked: true });
    });
  }

  for (const [what, url, serviceUrl = SERVICE] of [
    ['the members of a conversation', `${HOST}/emea/v3/conversations/19:other/members`],
    ['an activity', `${HOST}/emea/v3/conversations/a/activities/1`],
    ['all conversations', `${HOST}/emea/v3/conversations`],
    ['the description of an attachment', `${HOST}/emea/v3/attachments/0-x`],
    ['the root', `${HOST}/`],
    ['the service itself', SERVICE],
    ['a list of views', `${HOST}/emea/v3/attachments/0-x/views`],
    ['more after the view', `${HOST}/emea/v3/attachments/0-x/views/original/more`],
    ['no id', `${HOST}/emea/v3/attachments//views/original`],
    ['an attachment of another region', `${HOST}/amer${VIEW}`],
    ['an attachment of another tenant', `${HOST}/emea/other${VIEW}`, WITH_TENANT],
    ['an attachment below a conversation', `${HOST}/emea/v3/conversations/a${VIEW}`],
    ['a region that only begins alike', `${HOST}/em${VIEW}`],
    ['dots', `${HOST}/emea/v3/attachments/../conversations/a/members`],
    ['encoded dots', `${HOST}/emea/v3/attachments/%2e%2e/views/original`],
    ['dots encoded twice', `${HOST}/emea/v3/attachments/%252e%252e/views/original`],
    ['three dots', `${HOST}/emea/v3/attachments/.../views/original`],
    ['an encoded slash', `${HOST}/emea/v3/attachments/..%2f..%2fv3%2fconversations%2fa%2fmembers/views/original`],
    ['an encoded slash in the view', `${HOST}/emea/v3/attachments/x/views/..%2f..%2f..%2fconversations`],
    ['a slash encoded twice', `${HOST}/emea/v3/attachments/a%252fb/views/original`],
    ['a backslash', `${HOST}/emea/v3/attachments/..\\..\\conversations\\a\\members`],
    ['an encoded backslash', `${HOST}/emea/v3/attachments/..%5c..%5cconversations/views/original`],
    ['a parameter', `${HOST}/emea/v3/conversations;/v3/attachments/x/views/original`],
    ['a parameter in the id', `${HOST}/emea/v3/attachments/x;y=..;/views/original`],
    ['a query', `${HOST}/emea${VIEW}?next=/v3/conversations`],
    ['an encoded question mark', `${HOST}/emea/v3/attachments/x%3f/views/original`],
    ['an encoded fragment', `${HOST}/emea/v3/attachments/x%23/views/original`],
    ['a NUL', `${HOST}/emea/v3/attachments/x%00/views/original`],
    ['a line break', `${HOST}/emea/v3/attachments/x%0d%0aHost:%20a/views/original`],
    ['a broken escape', `${HOST}/emea/v3/attachments/x%zz/views/original`],
    ['half a character', `${HOST}/emea/v3/attachments/%c0%ae%c0%ae/views/original`],
    ['other dots', `${HOST}/emea/v3/attachments/\uff0e\uff0e/views/original`],
    ['another host', `https://other.trafficmanager.net/emea${VIEW}`],
    ['a host below it', `https://evil.smba.trafficmanager.net/emea${VIEW}`],
    ['a host that begins alike', `https://smba.trafficmanager.net.evil.example/emea${VIEW}`],
    ['a dot after the host', `https://smba.trafficmanager.net./emea${VIEW}`],
    ['another port', `https://smba.trafficmanager.net:8443/emea${VIEW}`],
    ['no TLS', `http://smba.trafficmanager.net/emea${VIEW}`],
    ['the host as a user', `https://smba.trafficmanager.net@evil.example/emea${VIEW}`],
    ['a user', `https://user@smba.trafficmanager.net/emea${VIEW}`],
    ['a password', `https://:secret@smba.trafficmanager.net/emea${VIEW}`],
    ['a file of SharePoint', 'https://contoso.sharepoint.com/'],
    ['a service without TLS', `http://files.example.com${VIEW}`, 'http://files.example.com/'],
    ['a service on this machine', `http://127.0.0.1:5000${VIEW}`, 'http://127.0.0.1:5000/'],
    ['a service at a port of its own', `https://smba.trafficmanager.net:8443${VIEW}`, `${HOST}:8443/`],
    ['data', 'data:text/plain,a', 'data:text/plain,a'],
    ['a file of this machine', `file://${VIEW}`, 'file:///b'],
    ['an invalid service URL', `${HOST}/emea${VIEW}`, 'no address'],
    ['no service URL', `${HOST}/emea${VIEW}`, ''],
  ] as const) {
    it(`is neither sent nor requested if the address has ${what}`, async () => {
      assert.deepEqual(await given(url, serviceUrl), { value: undefined, isAsked: false });
    });
  }
});

describe('the address of an attachment description (/v3/attachments/<id> without /views/…)', () => {
  for (const [url, serviceUrl, expected] of [
    [`${HOST}/emea/v3/attachments/0-x#fragment`, SERVICE, `${HOST}/emea/v3/attachments/0-x/views/original`],
    [`${HOST}/emea/v3/attachments/0-x`, SERVICE, `${HOST}/emea/v3/attachments/0-x/views/original`],
    [`${HOST}/emea/v3/attachments/0-x/`, SERVICE, `${HOST}/emea/v3/attachments/0-x/views/original`],
    [`${SLACK}/v3/attachments/F1`, SLACK, `${SLACK}/v3/attachments/F1/views/original`],
    [
      'http://localhost:5000/v3/attachments/1',
      'http://localhost:5000',
      'http://localhost:5000/v3/attachments/1/views/original',
    ],
  ] as const) {
    it(`is replaced by that of the original view: ${url}`, () =>
      assert.equal(originalViewOf({ url }, serviceUrl), expected));
  }

  for (const [url, serviceUrl] of [
    [`${HOST}/emea${VIEW}`, SERVICE],
    [`${HOST}/emea/v3/attachments/0-x?t=1`, SERVICE],
    [`${HOST}/emea/v3/attachments`, SERVICE],
    [`${HOST}/emea/v3/attachments/0-x/views`, SERVICE],
    ['https://files.example.com/v3/attachments/0-x', SERVICE],
    ['https:\\\\files.example.com\\v3', SERVICE],
    ['no address', SERVICE],
    [`${HOST}/emea/v3/attachments/0-x`, 'no address'],
  ] as const) {
    it(`is left unchanged: ${url}`, () => assert.equal(originalViewOf({ url }, serviceUrl), url));
  }
});

describe('a picture with an attachment id', () => {
  const url = 'https://eu-api.asm.skype.com/v1/objects/0-x/views/imgo';

  for (const [attachmentId, serviceUrl] of [
    ['0-weu-d1-abc', WITH_TENANT],
    ['0-weu-d1-abc', SERVICE],
    ['eu:1', SLACK],
  ] as const) {
    it(`is fetched as its original at ${serviceUrl}: ${attachmentId}`, () => {
      const expected = `${serviceUrl}v3/attachments/${attachmentId}/views/original`;
      assert.equal(originalViewOf({ url, attachmentId }, serviceUrl), expected);
    });
  }

  for (const attachmentId of [
    '',
    '..',
    '../conversations',
    '..%2f..%2fconversations',
    'x/views/y',
    'x?y',
    'x y',
    'x;y',
    '\ud800',
    '%',
  ]) {
    it(`is fetched from its own address if the id is invalid: ${JSON.stringify(attachmentId)}`, () => {
      assert.equal(originalViewOf({ url, attachmentId }, SERVICE), url);
    });
  }

  it('is fetched from its own address if there is no service URL', () => {
    assert.equal(originalViewOf({ url, attachmentId: '0-x' }, 'no address'), url);
  });
});
