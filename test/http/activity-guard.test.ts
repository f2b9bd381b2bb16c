import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RequestError, type RequestErrorCode } from '../../src/errors.ts';
import { checkActivity } from '../../src/http/activity-guard.ts';
import { watchedLog } from '../channel/watched-log.ts';
import { startBot } from '../support/bot.ts';
import { assertRefusal } from './raw-request.ts';

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
  it('lets a plain message through as it is', () => {
    assert.deepEqual(checkActivity(GOOD, { onlyLoopback: true }), GOOD);
  });

  it('lets a message with everything through', () => {
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

  it('takes null for a missing field, as Bot Framework writes it', () => {
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
      it(`refuses an activity whose ${name} is ${what}, and names it`, () => {
        refuses(fieldsWith(value), 'bad_request', new RegExp(` ${name.replace('.', '\\.')} `));
      });
    }
  }

  for (const name of ['conversation', 'from']) {
    for (const value of [undefined, null, 'x', 5, []]) {
      it(`refuses ${JSON.stringify(value)} as the ${name}`, () => {
        refuses({ [name]: value }, 'bad_request', new RegExp(`${name}\\.id`));
      });
    }
  }

  for (const value of [undefined, null, '', 5, 'a/b', 'a b', '../x', 'x'.repeat(65), { id: 'emulator' }]) {
    it(`refuses ${JSON.stringify(value)?.slice(0, 20)} as the channelId, for it becomes part of a key`, () => {
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
      it(`refuses ${JSON.stringify(value)} as ${name}`, () => {
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
    it(`may not be ${url}`, () => refuses({ serviceUrl: url }, 'bad_request', /serviceUrl/));
  }

  const elsewhere = [
    'https://example.com/',
    'http://10.0.0.1:3979',
    'http://169.254.169.254/latest/meta-data',
    'http://0.0.0.0:5000',
    'http://localhost.example.com',
    'http://127.0.0.1@example.com/',
    'http://example.com#127.0.0.1',
    'http://127.0.0.1.nip.io',
    'http://[::ffff:10.0.0.1]/',
  ];
  for (const serviceUrl of elsewhere) {
    it(`is refused without an app id when it is ${serviceUrl}`, () => {
      refuses({ serviceUrl }, 'forbidden', /app id/);
    });

    it(`may be ${serviceUrl} where callers are authenticated`, () => {
      assert.equal(check({ serviceUrl }, { onlyLoopback: false }).serviceUrl, serviceUrl);
    });
  }

  for (const serviceUrl of ['http://localhost:5000', 'http://LOCALHOST/', 'https://127.1.2.3/', 'http://[::1]:5000/']) {
    it(`may be ${serviceUrl} without an app id`, () => {
      assert.equal(check({ serviceUrl }).serviceUrl, serviceUrl);
    });
  }
});

describe('a refused activity on the wire', () => {
  it('is answered 400 or 403, and nothing is sent anywhere', async () => {
    await using bot = await startBot({ turns: ['Only this'] });
    const { port } = new URL(bot.connector.url);

    const broken = await bot.post(bot.message('hello', { from: {} }));
    assert.equal(broken.status, 400);
    assertRefusal(await broken.text(), 'bad_request');
    // Reaches the fake channel, if it is called, but does not look like this machine.
    const foreign = await bot.post(bot.message('hello', { serviceUrl: `http://0.0.0.0:${port}` }));
    assert.equal(foreign.status, 403);
    assertRefusal(await foreign.text(), 'forbidden');

    await bot.says('a good one');
    await bot.connector.whenMessages(1);
    assert.deepEqual(
      bot.connector.messages.map(({ body }) => body.text),
      ['Only this'],
    );
    assert.equal(bot.script.asked.length, 1);
  });

  it('never loses a message that was taken: wrong-typed fields inside of it are refused, or it is answered', async () => {
    const watched = watchedLog();
    const mind = () => ({ outputs: [{ text: 'Hi' }], ending: { kind: 'completed' } as const });
    await using bot = await startBot({ simulator: { mind }, deps: { log: watched.log } });
    const odd = [
      { from: { id: 'user-1', name: 5 } },
      { recipient: { id: 'bot-1', name: {} } },
      { conversation: { id: 'conversation-1', isGroup: 'yes' } },
      { conversation: { id: 'conversation-1', tenantId: 5 } },
      { from: { id: 'user-1', aadObjectId: 5 } },
      { attachments: [{ contentType: 5 }] },
      { timestamp: 'yesterday' },
      { from: { id: 'user-1', name: null, aadObjectId: null } },
      { conversation: { id: 'conversation-1', isGroup: null, tenantId: null, name: null } },
      { recipient: null },
    ];
    const results: [string, string][] = [];
    for (const [index, fields] of odd.entries()) {
      const { status } = await bot.says('hello', { id: `odd-${index}`, ...fields });
      if (status === 400) continue;
      assert.equal(status, 200);
      const sent = bot.connector.when(({ path }) => path.endsWith(`odd-${index}`)).then(() => 'answered');
      const lost = watched
        .when(({ activity, msg }) => activity === `odd-${index}` && msg === 'reply not sent')
        .then(({ err }) => `lost: ${(err as { message: string }).message}`);
      results.push([JSON.stringify(fields), await Promise.race([sent, lost])]);
    }
    assert.deepEqual(
      results.filter(([, end]) => end !== 'answered'),
      [],
    );
  });
});
