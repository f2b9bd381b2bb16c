import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Item, Role } from '../../../dev/simulator/items.ts';
import { usageOf } from '../../../dev/simulator/usage.ts';

let lastId = 0;
const NOTHING = { instructions: '', tools: [] };

function item(role: Role, text: string, audioMs = 0): Item {
  const content = [{ type: role === 'assistant' ? ('output_text' as const) : ('input_text' as const), text }];
  return { id: `item_${++lastId}`, type: 'message', role, status: 'completed', content, audioMs };
}

describe('usageOf', () => {
  it('counts four characters, 100 ms of input audio or 50 ms of output audio as a token', () => {
    const items = [item('user', 'x'.repeat(40)), item('user', '', 1_000), item('assistant', 'x'.repeat(8), 1_000)];
    const usage = usageOf(
      { ...NOTHING, instructions: 'x'.repeat(4), items },
      [item('assistant', 'x'.repeat(5), 2_025)],
      undefined,
    );
    assert.deepEqual(usage, {
      total_tokens: 43 + 43,
      input_tokens: 13 + 30,
      output_tokens: 2 + 41,
      input_token_details: {
        ...{ text_tokens: 13, audio_tokens: 30, image_tokens: 0, cached_tokens: 0 },
        cached_tokens_details: { text_tokens: 0, audio_tokens: 0, image_tokens: 0 },
      },
      output_token_details: { text_tokens: 2, audio_tokens: 41 },
    });
  });

  const long = item('user', 'x'.repeat(4 * 1_200));
  const cachedOf = (usage: Record<string, unknown>) =>
    (usage['input_token_details'] as Record<string, unknown>)['cached_tokens'];

  it('counts input as cached that the last response read at the same position', () => {
    const previous = { ...NOTHING, instructions: 'a', items: [long, item('user', 'b')] };
    const items = [...previous.items, item('assistant', 'new')];
    assert.equal(cachedOf(usageOf({ ...NOTHING, instructions: 'a', items }, [], previous)), 1_202);
    assert.equal(
      cachedOf(usageOf({ ...NOTHING, instructions: 'a', items: [long, item('user', 'other')] }, [], previous)),
      1_201,
    );
  });

  it('counts nothing as cached below 1,024 tokens, with other instructions, or after a change', () => {
    const previous = { ...NOTHING, instructions: 'a', items: [long] };
    const short = { ...NOTHING, instructions: 'a', items: [item('user', 'x')] };
    assert.equal(cachedOf(usageOf(short, [], short)), 0);
    assert.equal(cachedOf(usageOf({ ...NOTHING, instructions: 'b', items: [long] }, [], previous)), 0);
    assert.equal(
      cachedOf(usageOf({ ...NOTHING, instructions: 'a', items: [item('user', 'x'), long] }, [], previous)),
      0,
    );
  });
});
