import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { costUsd, DEFAULT_PRICES, maxUsageOf, pricesOf, readPriceTable } from '../src/prices.ts';
import { contextAfter } from '../src/realtime/model-result.ts';
import { addUsage, NO_TOKENS, readUsage } from '../src/token-usage.ts';

const PRICES = { in: 1, cached: 0.5, out: 2 };

describe('the prices of a model', () => {
  for (const name of [
    'gpt-realtime',
    'gpt-realtime-2025-08-28',
    'gpt-realtime-1.5',
    'gpt-realtime-1.5-2026-02-23',
    'gpt-realtime-2',
    'gpt-realtime-2.1',
    'gpt-realtime-2.1-mini-2026-07-07',
    'gpt-realtime-mini-2025-12-15',
    'GPT-Realtime-2.1-Mini',
    'gpt-realtime-mini',
  ]) {
    it(`are known for ${name}`, () => assert.ok(pricesOf(DEFAULT_PRICES, name)));
  }

  for (const name of ['gpt-realtime-1', 'gpt-realtime-1.5-x', '__proto__', 'constructor', '']) {
    it(`are not guessed for ${JSON.stringify(name)}`, () => assert.equal(pricesOf(DEFAULT_PRICES, name), undefined));
  }

  it('are those of its own date, if the table has it', () => {
    const pricesFor = (price: number) => ({ text: { in: price, cached: 0, out: 0 }, audio: PRICES });
    for (const names of [
      ['gpt-realtime', 'gpt-realtime-2025-08-28'],
      ['gpt-realtime-2025-08-28', 'gpt-realtime'],
    ]) {
      const models = Object.fromEntries(names.map((name) => [name, pricesFor(name.length)]));
      const table = readPriceTable(JSON.stringify({ date: '2026-12-01', models }));
      for (const name of names) assert.equal(pricesOf(table, name)?.text.in, name.length, names.join());
      assert.equal(pricesOf(table, 'GPT-Realtime-2025-08-28')?.text.in, 'gpt-realtime-2025-08-28'.length);
      assert.equal(pricesOf(table, 'gpt-realtime-2026-01-01')?.text.in, 'gpt-realtime'.length);
    }
  });

  it('give the cost of tokens, less for cached ones', () => {
    const usage = {
      text: { in: 1_000, cached: 400, out: 100 },
      audio: { in: 2_000, cached: 0, out: 300 },
      image: { in: 10, cached: 0, out: 0 },
    };
    const prices = pricesOf(DEFAULT_PRICES, 'gpt-realtime-1.5');
    assert.ok(prices);
    const expected = (600 * 4 + 400 * 0.4 + 100 * 16 + 2_000 * 32 + 300 * 64 + 10 * 5) / 1e6;
    assert.ok(Math.abs(costUsd(usage, prices) - expected) < 1e-12);
    assert.equal(costUsd(NO_TOKENS, prices), 0);
  });
});

describe('the context of a session after a response', () => {
  it('costs at least as much in the next response, with pictures priced as pictures', () => {
    const usage = readUsage({
      input_token_details: { text_tokens: 10, audio_tokens: 20, image_tokens: 4_000 },
      output_token_details: { audio_tokens: 30 },
    });
    assert.ok(usage);
    const context = contextAfter(usage);
    assert.deepEqual(context, { text: 10, audio: 50, image: 4_000 });
    const prices = pricesOf(DEFAULT_PRICES, 'gpt-realtime');
    assert.ok(prices);
    const size = { context, texts: [], audioMs: 0, pictures: 0, toolBytes: 0, maxOutputTokens: 30 };
    assert.ok(costUsd(maxUsageOf(size), prices) >= costUsd(usage, prices));
  });
});

describe('a price table', () => {
  const table = (models: unknown, date: unknown = '2026-12-01') => JSON.stringify({ date, models });

  it('is read from JSON, with optional prices for images', () => {
    const { models } = readPriceTable(table({ mine: { text: PRICES, audio: PRICES, note: 'x' } }));
    assert.deepEqual(models['mine'], { text: PRICES, audio: PRICES, image: { in: 0, cached: 0, out: 0 } });
  });

  for (const [name, json, reason] of [
    ['no JSON', 'prices', /JSON/],
    ['no date', table({ mine: { text: PRICES, audio: PRICES } }, 'today'), /"date"/],
    ['no models', table({}), /"models"/],
    ['a missing price', table({ mine: { text: PRICES, audio: { in: 1, cached: 1 } } }), /"models\.mine\.audio\.out"/],
    ['a negative price', table({ mine: { text: { ...PRICES, in: -1 }, audio: PRICES } }), /"models\.mine\.text\.in"/],
    ['null', 'null', /"date"/],
  ] as const) {
    it(`is rejected with ${name}`, () => assert.throws(() => readPriceTable(json), reason));
  }
});

describe('the usage of a response', () => {
  it('is read by modality', () => {
    const read = readUsage({
      input_tokens: 150,
      output_tokens: 60,
      input_token_details: {
        ...{ text_tokens: 100, audio_tokens: 40, image_tokens: 10, cached_tokens: 64 },
        cached_tokens_details: { text_tokens: 64, audio_tokens: 0, image_tokens: 0 },
      },
      output_token_details: { text_tokens: 20, audio_tokens: 40 },
    });
    assert.deepEqual(read, {
      text: { in: 100, cached: 64, out: 20 },
      audio: { in: 40, cached: 0, out: 40 },
      image: { in: 10, cached: 0, out: 0 },
    });
  });

  it('counts tokens without a modality as text in the input and as audio in the output', () => {
    const read = readUsage({ input_tokens: 9, output_tokens: 7 });
    assert.deepEqual([read?.text.in, read?.audio.out, read?.audio.in, read?.text.out], [9, 7, 0, 0]);
  });

  it('may be zero', () => {
    assert.deepEqual(readUsage({ input_tokens: 0, output_tokens: 0 }), NO_TOKENS);
  });

  for (const value of [
    undefined,
    null,
    {},
    'x',
    { input_tokens: -1 },
    { output_tokens: 1e300 },
    { input_tokens: '9' },
  ]) {
    it(`is undefined for ${JSON.stringify(value)}`, () => assert.equal(readUsage(value), undefined));
  }

  it('can be summed', () => {
    const one = { ...NO_TOKENS, text: { in: 1, cached: 2, out: 3 } };
    assert.deepEqual(addUsage(one, one).text, { in: 2, cached: 4, out: 6 });
  });
});
