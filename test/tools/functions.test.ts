import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { defineTool } from '../../src/tools/define-tool.ts';
import { EXAMPLE_FUNCTIONS, FUNCTIONS } from '../../src/tools/functions/functions.ts';
import { qualifiedName } from '../../src/tools/mcp/mcp-tool.ts';
import { MAX_SCHEMA_CHARS, parameterSchema } from '../../src/tools/parameter-schema.ts';
import { type CallContext, mayUse, type Tool, toolDigest } from '../../src/tools/tool.ts';
import { context } from './mcp-under-test.ts';

function named(name: string): Tool {
  return [...FUNCTIONS, ...EXAMPLE_FUNCTIONS].find((tool) => tool.name === name) ?? assert.fail(name);
}
const at = (fields: Partial<CallContext>): CallContext => ({
  ...context(),
  now: Date.UTC(2026, 0, 2, 23, 30),
  ...fields,
});

describe('the current time', () => {
  for (const [name, fields, args, expected] of [
    ['of the zone in the message', { timeZone: 'Asia/Tokyo' }, {}, /Saturday.*3 January 2026.*08:30/],
    ['of the region of the locale', { locale: 'de-DE' }, {}, /Saturday.*3 January 2026.*00:30/],
    ['of the requested zone', { locale: 'de-DE' }, { timeZone: 'America/New_York' }, /Friday.*18:30/],
    ['in UTC if the region has several zones', { locale: 'en-US' }, {}, /Friday.*23:30.*"UTC"/],
    ['in UTC if the zone and the locale do not exist', { timeZone: 'Mars/One', locale: '%%' }, {}, /"UTC"/],
  ] as const) {
    it(`is that ${name}`, async () => {
      assert.match((await named('current_time').run(args, at(fields))).text, expected);
    });
  }

  it('of a zone that does not exist is refused with an example', () =>
    assert.rejects(named('current_time').run({ timeZone: 'Mars/One' }, context()), {
      code: 'arguments_invalid',
      message: /such as Europe\/Berlin/,
    }));
});

describe('the status of an order', () => {
  it('is returned for a known order, and an error for an unknown one', async () => {
    assert.match((await named('order_status').run({ orderNumber: '4711' }, context())).text, /shipped/);
    await assert.rejects(named('order_status').run({ orderNumber: '1234' }, context()), {
      code: 'tool_failed',
      message: 'There is no order 1234.',
    });
  });
});

describe('a ticket', () => {
  it('is created only with an approval, and has a number', async () => {
    const tool = named('create_ticket');
    assert.deepEqual([tool.approval, tool.isReadOnly, tool.isDestructive], ['ask', false, false]);
    assert.match((await tool.run({ subject: 'Late' }, context())).text, /"ticketNumber":"\d{4}","subject":"Late"/);
  });
});

describe('a definition', () => {
  it('is converted to JSON Schema with its descriptions', () => {
    assert.deepEqual(named('order_status').parameters, {
      type: 'object',
      properties: { orderNumber: { type: 'string', pattern: '^\\d{4}$', description: 'Four digits, such as 4711.' } },
      required: ['orderNumber'],
    });
  });

  it('is not read-only by default', () => {
    const parameters = z.object({});
    const tool = defineTool({
      ...{ name: 'x', title: 'X', description: 'x', parameters },
      approval: 'ask',
      run: () => '',
    });
    assert.deepEqual([tool.isReadOnly, tool.isDestructive, tool.approval], [false, false, 'ask']);
  });

  it('has another digest with another description or schema', () => {
    const tool = named('order_status');
    const { parameters } = tool;
    const digest = toolDigest(tool);
    assert.equal(toolDigest({ ...tool, parameters: structuredClone(parameters) }), digest);
    assert.notEqual(toolDigest({ ...tool, description: 'Other' }), digest);
    assert.notEqual(toolDigest({ ...tool, parameters: { ...parameters, required: [] } }), digest);
  });

  it('can be limited to some people and places', () => {
    const access = { users: ['ada'], scopes: ['personal'] } as const;
    const tool = { ...named('order_status'), access };
    assert.deepEqual(
      [mayUse(tool, ['x', 'ada'], 'personal'), mayUse(tool, ['ada'], 'group'), mayUse(tool, [], 'personal')],
      [true, false, false],
    );
    assert.equal(mayUse(named('order_status'), [], 'channel'), true);
  });

  it('ignores the case of ids, as ALLOWED_USERS does', () => {
    const tool = { access: { users: ['AAAA-BBBB'], scopes: [] } };
    assert.deepEqual([mayUse(tool, ['aaaa-bbbb'], 'personal'), mayUse(tool, ['aaaa'], 'personal')], [true, false]);
  });
});

describe('the schema of an MCP server', () => {
  it('gets the fields that the service requires, and loses those that it does not know', () => {
    assert.deepEqual(parameterSchema({ $schema: 'x', additionalProperties: false }), {
      schema: { additionalProperties: false, type: 'object', properties: {} },
    });
  });

  for (const [schema, refusal] of [
    [{ type: 'string' }, /not of an object/],
    [{ type: 'object', anyOf: [] }, /"anyOf" at the top/],
    [{ type: 'object', properties: { a: { description: 'x'.repeat(MAX_SCHEMA_CHARS) } } }, /more than 16000/],
  ] as const) {
    it(`is refused: ${refusal.source}`, () => {
      const result = parameterSchema(schema);
      assert.match('refusal' in result ? String(result.refusal) : '', refusal);
    });
  }
});

describe('the qualified name of a tool', () => {
  it('has only characters that the service accepts, and ends in a hash if it was cut', () => {
    assert.equal(qualifiedName('git.hub', 'repos/list all'), 'git_hub__repos_list_all');
    const long = qualifiedName('server', 'x'.repeat(128));
    assert.match(long, /^server__x+_[0-9a-f]{8}$/);
    assert.equal(long.length, 64);
    assert.notEqual(long, qualifiedName('server', `${'x'.repeat(127)}y`));
  });
});
