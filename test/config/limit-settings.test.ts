import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import { EnvReader } from '../../src/config/env.ts';
import { readLimits } from '../../src/config/limit-settings.ts';
import { azure, problemsOf } from './problems-of.ts';

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'prices-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('limits', () => {
  it('include a price for gpt-realtime, so that a budget needs no price table', () => {
    const { limits } = readConfig({ ...azure, DAILY_BUDGET_USD: '5' });
    assert.equal(limits.dayUsd, 5);
    assert.equal(limits.prices.models['gpt-realtime']?.audio.out, 64);
  });

  it('are read', () => {
    const { limits } = readConfig({ ...azure, MAX_TURNS_PER_MINUTE: '5' });
    assert.deepEqual([limits.turnsPerMinute, limits.dayUsd, limits.conversationUsd], [5, undefined, undefined]);
    const priced = { ...azure, AZURE_OPENAI_DEPLOYMENT_NAME: 'GPT-realtime-1.5-2026-02-23' };
    const budgets = { DAILY_BUDGET_USD: '12.50', PERSON_DAILY_BUDGET_USD: '1.5', CONVERSATION_BUDGET_USD: '0.5' };
    const { dayUsd, personUsd, conversationUsd, prices } = readConfig({ ...priced, ...budgets }).limits;
    assert.deepEqual([dayUsd, personUsd, conversationUsd, prices.date], [12.5, 1.5, 0.5, '2026-11-22']);
  });

  it('bound the output tokens if there is a budget', () => {
    const unbudgeted = { ...azure, AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-2' };
    for (const name of ['DAILY_BUDGET_USD', 'PERSON_DAILY_BUDGET_USD', 'CONVERSATION_BUDGET_USD'])
      assert.equal(readConfig({ ...unbudgeted, [name]: '5' }).session.maxOutputTokens, 4096);
    const priced = { ...unbudgeted, DAILY_BUDGET_USD: '5' };
    assert.equal(readConfig({ ...priced, REALTIME_MAX_OUTPUT_TOKENS: '700' }).session.maxOutputTokens, 700);
    const unbounded = { ...priced, REALTIME_MAX_OUTPUT_TOKENS: 'inf' };
    assert.match(problemsOf(unbounded).join(), /REALTIME_MAX_OUTPUT_TOKENS is "inf"; expected a number/);
  });

  it('reject a budget for a model without a price, unless the price table has one', (t) => {
    const own = { ...azure, AZURE_OPENAI_DEPLOYMENT_NAME: 'my-deployment', DAILY_BUDGET_USD: '5' };
    const { DAILY_BUDGET_USD: _, ...others } = own;
    const ofPerson = problemsOf({ ...others, PERSON_DAILY_BUDGET_USD: '5' }).join();
    assert.match(ofPerson, /^PERSON_DAILY_BUDGET_USD is set but the price/);
    assert.match(
      problemsOf(own).join(),
      /DAILY_BUDGET_USD is set but the price of "my-deployment" .*, or a deployment with the name of its model \(gpt-realtime\)$/,
    );
    const prices = { in: 1, cached: 0.1, out: 2 };
    const table = { date: '2026-12-01', models: { 'my-deployment': { text: prices, audio: prices } } };
    const PRICE_TABLE = join(temporaryFolder(t), 'prices.json');
    // With the byte order mark of an editor on Windows.
    writeFileSync(PRICE_TABLE, `\ufeff${JSON.stringify(table)}`);
    const read = new EnvReader({ ...own, PRICE_TABLE });
    const { prices: found } = readLimits(read, 'my-deployment');
    assert.deepEqual(read.listProblems(), []);
    assert.equal(found.date, '2026-12-01');
    assert.equal(found.models['my-deployment']?.image.in, 0);
  });

  for (const [name, value, problem] of [
    ['DAILY_BUDGET_USD', '-1', /DAILY_BUDGET_USD is "-1"; expected an amount/],
    ['PERSON_DAILY_BUDGET_USD', '1e9x', /PERSON_DAILY_BUDGET_USD is .*expected an amount/],
    ['CONVERSATION_BUDGET_USD', 'five', /expected an amount/],
    ['CONVERSATION_BUDGET_USD', '0', /expected an amount/],
    ['MAX_TURNS_PER_MINUTE', '0', /expected a whole number/],
    ['PRICE_TABLE', '/no/such/file', /PRICE_TABLE is "\/no\/such\/file": ENOENT/],
  ] as const) {
    it(`reject ${name}=${value}`, () => assert.match(problemsOf({ ...azure, [name]: value }).join(), problem));
  }
});

describe('a price table without prices of pictures', () => {
  it('causes a notice if there is a budget, since pictures cost nothing then', (t) => {
    const folder = temporaryFolder(t);
    const prices = { in: 1, cached: 0.1, out: 2 };
    const noticesOf = (more: object, budget: Record<string, string>) => {
      const models = { 'gpt-realtime': { text: prices, audio: prices, ...more } };
      const PRICE_TABLE = join(folder, 'prices.json');
      writeFileSync(PRICE_TABLE, JSON.stringify({ date: '2026-12-01', models }));
      return readConfig({ ...azure, PRICE_TABLE, ...budget }).notices;
    };
    for (const name of ['DAILY_BUDGET_USD', 'PERSON_DAILY_BUDGET_USD', 'CONVERSATION_BUDGET_USD'])
      assert.deepEqual(noticesOf({}, { [name]: '5' }), [
        'PRICE_TABLE has no "image" prices for "gpt-realtime": pictures cost nothing in the budgets',
      ]);
    assert.deepEqual(noticesOf({ image: { in: 5, cached: 0.5 } }, { DAILY_BUDGET_USD: '5' }), []);
    assert.deepEqual(noticesOf({}, {}), []);
  });
});

describe('budgets below the cost of one turn', () => {
  const notices = (env: Record<string, string>) =>
    readConfig({ ...azure, AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5', ...env }).notices.filter((notice) =>
      notice.includes('BUDGET_USD is less'),
    );

  it('cause a notice that says what a turn may cost', () => {
    const consequence = 'every message is refused; raise it, or lower REALTIME_MAX_OUTPUT_TOKENS';
    assert.deepEqual(
      notices({ DAILY_BUDGET_USD: '0.1', PERSON_DAILY_BUDGET_USD: '0.2', CONVERSATION_BUDGET_USD: '0.26' }),
      [
        `DAILY_BUDGET_USD is less than one turn may cost (about 0.26 US dollars with REALTIME_MAX_OUTPUT_TOKENS 4096): ${consequence}`,
        `PERSON_DAILY_BUDGET_USD is less than one turn may cost (about 0.26 US dollars with REALTIME_MAX_OUTPUT_TOKENS 4096): ${consequence}`,
        `CONVERSATION_BUDGET_USD is less than one turn may cost (about 0.26 US dollars with REALTIME_MAX_OUTPUT_TOKENS 4096): ${consequence}`,
      ],
    );
    assert.match(
      notices({ DAILY_BUDGET_USD: '0.001', REALTIME_MAX_OUTPUT_TOKENS: '100' }).join(),
      /^DAILY_BUDGET_USD .*\(about 0\.007\d? US dollars with REALTIME_MAX_OUTPUT_TOKENS 100\)/,
    );
  });

  it('cause no notice if the smallest turn fits or nothing is bounded', () => {
    assert.deepEqual(notices({ DAILY_BUDGET_USD: '0.27', CONVERSATION_BUDGET_USD: '0.27' }), []);
    assert.deepEqual(notices({ DAILY_BUDGET_USD: '0.1', REALTIME_MAX_OUTPUT_TOKENS: '1000' }), []);
    assert.deepEqual(notices({}), []);
    assert.deepEqual(notices({ AZURE_OPENAI_DEPLOYMENT_NAME: 'unpriced' }), []);
  });
});
