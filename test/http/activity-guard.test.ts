import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RequestError, type RequestErrorCode } from '../../src/errors.ts';
import { checkActivity } from '../../src/http/activity-guard.ts';

const GOOD = {
  type: 'message',
  id: 'activity-1',
  channelId: 'emulator',
  serviceUrl: 'http://127.0.0.1:5000',
  conversation: { id: 'conversation-1' },
  from: { id: 'user-1', name: 'Ada' },
  recipient: { id: 'bot-1' },
  text: 'hello',
};

function check(fields: Record<string, unknown>, { onlyLoopback = true } = {}) {
  return checkActivity({ ...GOOD, ...fields }, { onlyLoopback });
}

function refuses(fields: Record<string, unknown>, code: RequestErrorCode, message: RegExp): void {
  assert.throws(
    () => check(fields),
    (error) => {
      assert.ok(error instanceof RequestError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    },
  );
}

describe('checkActivity', () => {
  it('accepts a plain message unchanged', () => {
    assert.deepEqual(checkActivity(GOOD, { onlyLoopback: true }), GOOD);
  });

  it('accepts a message with every field', () => {
    const fields = {
      locale: 'en-US',
      deliveryMode: 'expectReplies',
      channelData: { tenant: { id: 't' } },
      entities: [{ type: 'mention', text: '<at>Bot</at>', mentioned: { id: 'bot-1' } }],
      attachments: [{ contentType: 'text/html', content: '<p>hello</p>' }],
      membersAdded: [{ id: 'user-1' }, {}],
      membersRemoved: [],
      reactionsAdded: [{ type: 'like' }],
    };
    assert.deepEqual(check(fields), { ...GOOD, ...fields });
  });

  it('treats null as a missing field, as Bot Framework writes it', () => {
    const nulls = { text: null, locale: null, entities: null, attachments: null, recipient: null, channelData: null };
    const { text: _, recipient: __, ...rest } = GOOD;
    assert.deepEqual(check(nulls), rest);
  });

  const ids: [string, (value: unknown) => Record<string, unknown>][] = [
    ['type', (value) => ({ type: value })],
    ['id', (value) => ({ id: value })],
    ['serviceUrl', (value) => ({ serviceUrl: value })],
    ['conversation.id', (value) => ({ conversation: { id: value } })],
    ['from.id', (value) => ({ from: { id: value } })],
  ];
  for (const [name, fieldsWith] of ids) {
    for (const [what, value] of Object.entries({
      missing: undefined,
      null: null,
      empty: '',
      blank: ' \t',
      'a number': 7,
      'an object': {},
      'an array': ['x'],
      'endlessly long': `http://127.0.0.1/${'x'.repeat(1024)}`,
    })) {
      it(`rejects an activity whose ${name} is ${what}, and names the field`, () => {
        refuses(fieldsWith(value), 'bad_request', new RegExp(` ${name.replace('.', '\\.')} `));
      });
    }
  }

  for (const type of ['typing', 'event', 'conversationUpdate', 'installationUpdate', 'messageReaction', 'anything']) {
    for (const missing of [undefined, null, '']) {
      it(`accepts ${type} with ${JSON.stringify(missing)} as an id or a sender`, () => {
        for (const fields of [{ id: missing }, { from: { id: missing } }])
          assert.equal(check({ type, ...fields }).type, type);
        if (missing !== '') assert.equal(check({ type, id: missing, from: missing }).type, type);
      });
    }

    it(`still checks the ids that ${type} has`, () => {
      for (const id of [7, {}, 'a\nb', '..', 'x'.repeat(2_000)]) {
        refuses({ type, id }, 'bad_request', / id /);
        refuses({ type, from: { id } }, 'bad_request', /from/);
      }
      for (const from of [5, 'x', []]) refuses({ type, from }, 'bad_request', /from/);
      refuses({ type, conversation: {} }, 'bad_request', /conversation\.id/);
    });
  }

  for (const type of ['message', 'invoke']) {
    it(`requires an id and a sender of ${type}`, () => {
      refuses({ type, id: undefined }, 'bad_request', / id /);
      refuses({ type, from: undefined }, 'bad_request', /from\.id/);
    });
  }

  it('accepts a compound channelId', () => {
    assert.equal(check({ channelId: 'msteams:COPILOT' }).channelId, 'msteams:COPILOT');
    for (const channelId of ['msteams:', ':COPILOT', 'a:b:c', 'a:b/c', `a:${'x'.repeat(65)}`])
      refuses({ channelId }, 'bad_request', /channelId/);
  });

  for (const name of ['conversation', 'from']) {
    for (const value of [undefined, null, 'x', 5, []]) {
      it(`rejects ${JSON.stringify(value)} as the ${name}`, () => {
        refuses({ [name]: value }, 'bad_request', new RegExp(`${name}\\.id`));
      });
    }
  }

  for (const value of [undefined, null, '', 5, 'a/b', 'a b', '../x', 'x'.repeat(65), { id: 'emulator' }]) {
    it(`rejects ${JSON.stringify(value)?.slice(0, 20)} as the channelId, because it becomes part of a key`, () => {
      refuses({ channelId: value }, 'bad_request', /channelId/);
    });
  }

  const wrong: Record<string, unknown[]> = {
    text: [5, {}, ['a'], true],
    locale: [5, {}],
    deliveryMode: [1, ['expectReplies']],
    recipient: ['bot', 5, [], { id: 5 }],
    channelData: [5, [], true],
    entities: [{}, 'x', [null], ['x'], [[]]],
    attachments: [{}, 'x', [null], [5]],
    membersAdded: [{}, 'x', [5], [null], [{ id: 5 }]],
    membersRemoved: [{}, 'x', [5], [{ id: {} }]],
    reactionsAdded: [{}, [5]],
    reactionsRemoved: ['x', [null]],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      it(`rejects ${JSON.stringify(value)} as ${name}`, () => {
        refuses({ [name]: value }, 'bad_request', new RegExp(name));
      });
    }
  }
});

describe('the service URL', () => {
  for (const url of [
    'nonsense',
    '//127.0.0.1',
    'ftp://127.0.0.1/',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'http://',
  ]) {
    it(`cannot be ${url}`, () => refuses({ serviceUrl: url }, 'bad_request', /serviceUrl/));
  }

  const elsewhere = [
    'https://example.com/',
    'http://10.0.0.1:3979',
    'http://0.0.0.0:5000',
    'http://localhost.example.com',
    'http://127.0.0.1@example.com/',
    'http://example.com#127.0.0.1',
    'http://127.0.0.1.nip.io',
  ];
  for (const serviceUrl of elsewhere) {
    it(`is rejected without an app id if it is ${serviceUrl}`, () => {
      refuses({ serviceUrl }, 'forbidden', /app id/);
    });

    it(`may be ${serviceUrl} if callers are authenticated`, () => {
      assert.equal(check({ serviceUrl }, { onlyLoopback: false }).serviceUrl, serviceUrl);
    });
  }

  it("cannot be a cloud's metadata service, whoever names it", () => {
    const serviceUrl = 'http://169.254.169.254/latest/meta-data';
    refuses({ serviceUrl }, 'forbidden', /app id/);
    assert.throws(() => check({ serviceUrl }, { onlyLoopback: false }), { code: 'forbidden', message: /metadata/ });
  });

  for (const serviceUrl of ['http://localhost:5000', 'http://LOCALHOST/', 'https://127.1.2.3/']) {
    it(`may be ${serviceUrl} without an app id`, () => {
      assert.equal(check({ serviceUrl }).serviceUrl, serviceUrl);
    });
  }

  it('cannot be an IPv6 address, which botbuilder cannot reach', () => {
    refuses({ serviceUrl: 'http://[::1]:5000/' }, 'bad_request', /serviceUrl/);
    refuses({ serviceUrl: 'http://[::ffff:10.0.0.1]/' }, 'forbidden', /app id/);
  });
});

describe('an id', () => {
  for (const [name, id] of Object.entries({
    'half a character': 'a\ud800',
    'a line break': 'a\nb',
    'a dot alone': '.',
    'two dots': '..',
    'too long once it is encoded': '\u{1f600}'.repeat(300),
  })) {
    it(`cannot be ${name}, because the reply's URL could not contain it`, () => {
      refuses({ id }, 'bad_request', /id/);
      refuses({ conversation: { id } }, 'bad_request', /conversation/);
    });
  }
});
