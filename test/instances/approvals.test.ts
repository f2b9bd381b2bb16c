import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { keyDigest } from '../../src/conversation/keys.ts';
import { openDatabase } from '../../src/database/database.ts';
import { en } from '../../src/messages/en.ts';
import {
  ApprovalChat,
  type ApprovingBot,
  type FarEnds,
  startApproving,
  startFarEnds,
} from '../conversation/approving.ts';
import { until } from '../conversation/timed-bot.ts';
import { preparedDatabase } from '../database/open-database.ts';
import { closingAfter } from '../support/closing.ts';
import { type OpenIdServer, startOpenIdServer } from '../support/openid-server.ts';
import { sharedPostgres } from '../support/postgres.ts';

const { approval: texts } = en;
const person = (name: string) => ({ from: { id: `29:${name}`, aadObjectId: name.toLowerCase(), name } });
const GROUP = {
  ...person('Ada'),
  channelId: 'msteams',
  conversation: { conversationType: 'groupChat', isGroup: true, tenantId: 't' },
};

interface AuditRow {
  readonly event: string;
  readonly asker: string;
  readonly decider: string | null;
}

describe('a call that waits for approval, with two instances on one database', { timeout: 60_000 }, () => {
  const closing = closingAfter(after);
  let url: string;
  let farEnds: FarEnds;
  let openId: OpenIdServer;
  let one: ApprovingBot;
  let two: ApprovingBot;
  const start = async () => {
    const env = { ...openId.env, DATABASE_URL: url, TOOL_APPROVERS: 'boss' };
    const under = await startApproving(closing, { env, deps: { openDatabase } }, farEnds);
    await under.bot.logged('database connected');
    return under;
  };
  before(async () => {
    url = await preparedDatabase();
    farEnds = await startFarEnds(closing);
    openId = await startOpenIdServer();
    closing.after(async () => openId[Symbol.asyncDispose]());
    [one, two] = await Promise.all([start(), start()]);
  });
  const query = async <Row extends object>(sql: string) => (await sharedPostgres()).query<Row>(sql, url);
  /** The audit of a conversation, in order. */
  const audit = (chat: ApprovalChat) =>
    query<AuditRow>(`SELECT event, asker, decider FROM voice_bot.tool_audit
      WHERE conversation = '${keyDigest(`msteams/${chat.id}`)}' ORDER BY seq`);
  /** Posts to the other instance, which answers to the channel of the first. */
  const pressAtTwo = (chat: ApprovalChat, data: unknown, fields = {}) =>
    chat.post(chat.activity(undefined, { value: data, ...fields }), two.bot);
  /** A conversation whose answers go to the channel of the first instance. */
  const chatOf = (fields: Readonly<Record<string, unknown>> = GROUP, bot = one.bot) => {
    const headers = { authorization: `Bearer ${openId.token(one.bot.connector.url)}` };
    return new ApprovalChat(bot, fields, { home: one.bot, headers });
  };

  it('runs once, wherever and however often it is allowed, and the audit says who did', async () => {
    const chat = chatOf();
    await chat.ask('do note A');
    const data = chat.data('allow');
    assert.equal((await pressAtTwo(chat, data, person('Bob'))).status, 200);
    await chat.whenSaid(texts.notYours);
    const presses = [
      pressAtTwo(chat, data, person('Boss')),
      pressAtTwo(chat, data),
      chat.press('allow'),
      chat.press('deny'),
    ];
    for (const { status } of await Promise.all(presses)) assert.equal(status, 200);
    const isDenied = () => chat.texts.some((text) => text.includes('Said: {"status":"denied'));
    await chat.whenSaid('Said: ');
    // The first and the one whose turn was added are answered by that turn.
    await until(() => chat.texts.filter((text) => text.startsWith(texts.decidedBefore)).length >= 2);
    assert.equal(one.ran('A'), isDenied() ? 0 : 1);
    const [asked, decided, ...rest] = await audit(chat);
    assert.deepEqual([asked?.event, asked?.decider], ['asked', null]);
    assert.ok(decided?.decider, 'somebody decided');
    const outcome = isDenied() ? [] : ['began', 'done'];
    assert.deepEqual(
      rest.map(({ event }) => event),
      outcome,
    );
    assert.equal(new Set([asked, decided, ...rest].map((row) => row?.asker)).size, 1);
  });

  it('can be decided after a restart of the instance, which then knows what was always allowed', async () => {
    const first = await start();
    const chat = chatOf({ channelId: 'slack' }, first.bot);
    await chat.say('do note B1');
    await chat.when(1);
    await first.bot.close();
    const later = await start();
    const go = (text: string) => chat.post(chat.activity(text), later.bot);
    await go('/allow always');
    await chat.whenSaid('Said: echo: {"text":"B1"}');
    await go('do note B2');
    await chat.whenSaid('Said: echo: {"text":"B2"}');
    assert.deepEqual([later.ran('B1'), later.ran('B2')], [1, 1]);
    await later.bot.close();
  });

  it('is not run again after its instance was killed during the call: it is unknown whether it was done', async () => {
    const chat = chatOf();
    await chat.ask('do hang C');
    await chat.press('allow');
    await until(() => one.ran('C') === 1);
    // As good as killed for the others: another attempt has its claim.
    await query("UPDATE voice_bot_queue.job SET state = 'retry' WHERE state = 'active'");
    await chat.whenSaid('It is not known whether an earlier call has done this');
    assert.equal(one.ran('C'), 1);
    const events = (await audit(chat)).map(({ event }) => event);
    assert.deepEqual(events.slice(0, 3), ['asked', 'allowed', 'began']);
    assert.ok(!events.includes('done'), events.join());
  });

  it('is unknown in the audit after /stop at the other instance', async () => {
    const chat = chatOf();
    await chat.ask('do hang D');
    await chat.press('allow');
    await until(() => one.ran('D') === 1);
    await chat.post(chat.activity('/stop'), two.bot);
    await chat.whenSaid(texts.doneUnknown('Hang'));
    const rows = await audit(chat);
    assert.deepEqual(
      rows.map(({ event }) => event),
      ['asked', 'allowed', 'began', 'unknown'],
    );
    assert.ok(rows.every(({ asker }) => asker.length > 0));
  });

  it('can be decided again after /stop came before its turn', async () => {
    const chat = chatOf();
    await chat.ask('do note E');
    const { held } = farEnds.model.hold('a long question E');
    await chat.say('a long question E');
    await held;
    await pressAtTwo(chat, chat.data('allow'));
    await chat.post(chat.activity('/stop'), two.bot);
    await chat.whenSaid(en.commands.stopped(0));
    await pressAtTwo(chat, chat.data('allow'));
    await chat.whenSaid('Said: echo: {"text":"E"}');
    assert.equal(one.ran('E'), 1);
  });

  it('runs nothing if another release has stored a decision that is none here', async () => {
    const chat = chatOf();
    await chat.ask('do note G');
    const hold = farEnds.model.hold('a long question G');
    await chat.say('a long question G');
    await hold.held;
    await pressAtTwo(chat, chat.data('allow'));
    const renamed = `jsonb_set(decision, '{kind}', '"once"')`;
    await query(`UPDATE voice_bot.approvals SET decision = ${renamed} WHERE decision IS NOT NULL AND turn IS NULL`);
    hold.release();
    await chat.whenSaid('Re: a long question G');
    // The turn of the decision says what it did.
    await chat.whenSaid('Said: ');
    assert.deepEqual(
      (await audit(chat)).map(({ event }) => event),
      ['asked', 'denied'],
    );
    assert.equal(one.ran('G'), 0);
  });

  it('leaves nothing behind after /forget except an audit without names', async () => {
    const chat = chatOf({ channelId: 'slack', from: { id: 'U-forget', name: 'Ada' } });
    await chat.say('do note F1');
    await chat.when(1);
    await chat.say('/allow always');
    await chat.whenSaid('Said: echo');
    await chat.say('do erase F2');
    await chat.whenSaid(texts.ask('Erase it'));
    const ofAda = (table: string, column: string) =>
      query(`SELECT 1 FROM voice_bot.${table} WHERE ${column} = '${keyDigest('["slack","U-forget"]')}'`);
    const counts = async () =>
      Promise.all([ofAda('approvals', 'person'), ofAda('tool_permissions', 'person'), ofAda('tool_audit', 'asker')]);
    assert.deepEqual(
      (await counts()).map(({ length }) => length),
      [2, 1, 5],
    );
    const before = (await query('SELECT 1 FROM voice_bot.tool_audit')).length;
    await chat.post(chat.activity('/forget yes'), two.bot);
    await chat.whenSaid(en.commands.forgotten(undefined));
    assert.deepEqual(
      (await counts()).map(({ length }) => length),
      [0, 0, 0],
    );
    assert.equal((await query('SELECT 1 FROM voice_bot.tool_audit')).length, before);
  });
});
