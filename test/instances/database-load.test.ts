import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { preparedDatabase } from '../database/open-database.ts';
import { type Closing, closingAfter } from '../support/closing.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { sharedPostgres } from '../support/postgres.ts';
import type { Statement } from '../support/postgres-frames.ts';
import { type PostgresProxy, startPostgresProxy } from '../support/postgres-proxy.ts';
import { holds } from './cut-off.ts';
import { ANSWERS_NOTHING, Chat, echoModel, startInstance } from './instance.ts';

const PASS_SECONDS = 5;
const isPass = holds('WITH due AS');
const LONG = { timeout: 60_000, concurrency: true };

async function proxied(closing: Closing): Promise<PostgresProxy> {
  const proxy = await startPostgresProxy((await sharedPostgres()).port);
  closing.after(async () => proxy[Symbol.asyncDispose]());
  return proxy;
}

/**
 * The transactions on the connections for messages, as lists of statements. A statement without BEGIN is one by itself.
 */
function transactionsIn(statements: readonly Statement[]): readonly string[][] {
  const all: string[][] = [];
  const open = new Map<number, string[]>();
  for (const { text, connection, isFromStore } of statements) {
    if (!isFromStore) continue;
    const begun = open.get(connection);
    if (begun !== undefined) begun.push(text);
    else all.push([text]);
    if (text === 'BEGIN') open.set(connection, all.at(-1) ?? []);
    if (text === 'COMMIT' || text === 'ROLLBACK') open.delete(connection);
  }
  return all;
}

const briefly = (transactions: readonly string[][]) =>
  transactions.map((texts) => texts.map((text) => text.trim().slice(0, 60)).join('; ')).join('\n');

describe('the load on PostgreSQL', LONG, () => {
  it('is three transactions before the model is asked, and two after its answer', async (t) => {
    const closing = closingAfter((close) => t.after(close));
    const url = await preparedDatabase();
    const model = echoModel();
    const [ofAccepting, ofAnswering] = [await proxied(closing), await proxied(closing)];
    const env = { DAILY_BUDGET_USD: '1000', PERSON_DAILY_BUDGET_USD: '1000', CONVERSATION_BUDGET_USD: '1000' };
    // Nothing happens by time alone.
    const deps = { clock: new ManualClock() };
    const accepting = await startInstance(closing, ofAccepting.addressOf(url), {
      env: { ...env, ...ANSWERS_NOTHING.env },
      deps,
    });
    const answering = await startInstance(closing, ofAnswering.addressOf(url), {
      simulator: { responder: model.responder },
      env,
      deps,
    });
    const chat = new Chat(accepting);
    // The first turn opens connections; from the third on, every turn is the same.
    for (const turn of [1, 2, 3]) {
      const text = `hold ${turn}`;
      const [accepted, begun] = [ofAccepting.statements.length, ofAnswering.statements.length];
      await chat.say(accepting, text);
      const untilAccepted = transactionsIn(ofAccepting.statements.slice(accepted));
      await model.whenHeld(text);
      const asked = ofAnswering.statements.length;
      const untilAsked = transactionsIn(ofAnswering.statements.slice(begun, asked));
      let untilDelivered = 0;
      accepting.connector.rule = ({ body }) => {
        if (body?.type === 'message' && untilDelivered === 0) untilDelivered = ofAnswering.statements.length;
        return undefined;
      };
      model.release(text);
      await chat.reply(turn);
      const afterModel = transactionsIn(ofAnswering.statements.slice(asked, untilDelivered));
      assert.equal(untilAccepted.length, 1, briefly(untilAccepted));
      // A fetch, which other events than this message may also cause, at any time.
      const others = untilAsked.filter(([text]) => !text?.includes('strict_fifo_heads'));
      // Begin, reserve. The first turn of a conversation with a budget also creates the rows of its budgets.
      assert.equal(others.length, turn === 1 ? 4 : 2, briefly(untilAsked));
      assert.ok(untilAsked.length > others.length, briefly(untilAsked));
      // The cost is settled during the delivery.
      const isFetchOrSettling = (text: string) => /DELETE FROM spending|strict_fifo_heads/.test(text);
      const waitedFor = afterModel.filter((texts) => !texts.some(isFetchOrSettling));
      assert.ok(waitedFor.length <= 2, briefly(waitedFor));
      await answering.logged('turn ended', turn);
    }
  });

  it('is at most six statements a second for an idle instance', async (t) => {
    const closing = closingAfter((close) => t.after(close));
    const proxy = await proxied(closing);
    await startInstance(closing, proxy.addressOf(await preparedDatabase()));
    // From one pass of supervision to the next; the first belongs to the start.
    for (let pass = 0; pass < 2; pass++) await proxy.next(isPass);
    const before = proxy.statements.length;
    await proxy.next(isPass);
    const count = proxy.statements.length - before;
    assert.ok(count <= 6 * PASS_SECONDS, `${count}`);
  });
});
