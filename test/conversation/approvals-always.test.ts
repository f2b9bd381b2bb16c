import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { closingAfter } from '../support/closing.ts';
import { ApprovalChat, type ApprovingBot, startApproving } from './approving.ts';

const { approval: texts, tools } = en;

describe('a tool that is always allowed', () => {
  const closing = closingAfter(after);
  let under: ApprovingBot;
  before(async () => {
    const env = { DIRECT_LINE_ENHANCED_AUTHENTICATION: 'true' };
    under = await startApproving(closing, { hasAppId: true, env });
  });
  /** A personal chat with somebody whom the channel verifies. */
  const personal = (name = 'Ada') =>
    new ApprovalChat(under.bot, { channelId: 'directline', from: { id: `dl_${name}`, name } });
  const decisions = (card: ApprovalChat['cards'][number]) =>
    card.actions.map(({ data }: { data: { decision: string } }) => data.decision);

  it('is offered in personal chats only, and not if it destroys something', async () => {
    assert.deepEqual(decisions(await personal().ask('do note A')), ['allow', 'allowAlways', 'deny']);
    assert.deepEqual(decisions(await personal().ask('do erase A')), ['allow', 'deny']);
    for (const conversationType of ['groupChat', 'channel']) {
      const conversation = { conversationType, isGroup: true, tenantId: 't' };
      const from = { id: '29:Ada', aadObjectId: 'ada', name: 'Ada' };
      const group = new ApprovalChat(under.bot, { channelId: 'msteams', conversation, from });
      assert.deepEqual(decisions(await group.ask('do note A')), ['allow', 'deny']);
    }
  });

  it('runs later calls without asking, in this conversation, for this person, and for no other tool', async () => {
    const chat = personal();
    await chat.ask('do note B1');
    await chat.press('allowAlways');
    await chat.whenSaid('Said: echo: {"text":"B1"}');
    await chat.say('do note B2');
    await chat.whenSaid('Said: echo: {"text":"B2"}');
    assert.equal(chat.cards.length, 1);
    await chat.ask('do erase B3');
    await personal().ask('do note B4');
    const { from } = personal('Bob').activity('');
    await chat.ask('do note B5', { from });
    for (const text of ['B3', 'B4', 'B5']) assert.equal(under.ran(text), 0, text);
  });

  it('is listed by /tools, and asked for again after /tools ask', async () => {
    const chat = personal();
    await chat.say('/tools');
    assert.match((await chat.when(1))[0] ?? '', new RegExp(`- Write a note \\(${tools.asks}\\)`));
    await chat.ask('do note C1');
    await chat.press('allowAlways');
    await chat.whenSaid('Said: echo: {"text":"C1"}');
    await chat.say('/tools');
    await chat.whenSaid(`- Write a note (${tools.alwaysAllowed})`);
    await chat.whenSaid(tools.howToRevoke);
    assert.match(chat.texts.at(-1) ?? '', new RegExp(`- Erase it \\(${tools.asks}\\)\n- Look\n`));
    await chat.say('/tools ask');
    await chat.whenSaid(tools.revoked);
    await chat.ask('do note C2');
    assert.equal(under.ran('C2'), 0);
  });

  it('is allowed only once if "always" is not offered, and the bot says so', async () => {
    const chat = personal();
    await chat.ask('do erase D1');
    const data = { ...chat.data('allow'), decision: 'allowAlways' };
    await chat.say(undefined, { value: data });
    await chat.whenSaid('Said: echo: {"text":"D1"}');
    await chat.ask('do erase D2');
    assert.equal(under.ran('D2'), 0);
    await chat.say('/allow always');
    await chat.whenSaid(texts.allowedOnce('Erase it', undefined));
    await chat.whenSaid('Said: echo: {"text":"D2"}');
    await chat.ask('do erase D3');
    assert.equal(under.ran('D3'), 0);
  });

  it('ends with /forget', async () => {
    const chat = personal();
    await chat.ask('do note E1');
    await chat.press('allowAlways');
    await chat.whenSaid('Said: echo: {"text":"E1"}');
    await chat.say('/forget yes');
    await chat.whenSaid(en.commands.forgotten(undefined));
    await chat.ask('do note E2');
    assert.equal(under.ran('E2'), 0);
  });

  it('asks again when its description or its effect has changed, and a waiting call is not run', async () => {
    const chat = personal();
    await chat.ask('do note F1');
    await chat.press('allowAlways');
    await chat.whenSaid('Said: echo: {"text":"F1"}');
    const other = personal('Bob');
    await other.ask('do note F2');
    const [note] = under.tools;
    assert.ok(note !== undefined);
    note.description = 'Sends it to everybody.';
    await relist();
    await other.press('allow');
    await other.whenSaid(texts.changed('Write a note'));
    await chat.ask('do note F3');
    await chat.press('allowAlways');
    await chat.whenSaid('Said: echo: {"text":"F3"}');
    note.annotations = { destructiveHint: true };
    await relist();
    await chat.ask('do note F4');
    for (const text of ['F2', 'F4']) assert.equal(under.ran(text), 0, text);
  });

  it('fails while its server is down, and can be requested again when it is back', async () => {
    const chat = personal();
    await chat.ask('do erase G');
    under.mcp.intercept = (_, response) => {
      response.destroy();
      return true;
    };
    const lost = (await under.bot.logged('MCP server not connected', 0)).length;
    await chat.say('do look around');
    await under.bot.logged('MCP server not connected', lost + 1);
    await chat.press('allow');
    await chat.whenSaid('cannot be reached at the moment');
    under.mcp.intercept = () => false;
    await under.bot.logged('tools listed', (await under.bot.logged('tools listed')).length + 1);
    assert.equal(under.ran('G'), 0);
    await chat.ask('do erase G');
    await chat.press('allow');
    await chat.whenSaid('Said: echo: {"text":"G"}');
    assert.equal(under.ran('G'), 1);
  });

  /** A server that lost its sessions is connected and listed anew with the next call. */
  async function relist(): Promise<void> {
    const { length } = await under.bot.logged('tools listed');
    under.mcp.loseSessions(404);
    await personal().say('do look');
    await under.bot.logged('tools listed', length + 1);
  }
});
