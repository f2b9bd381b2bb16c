import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { listOfTools } from '../../src/conversation/commands/command-texts.ts';
import { en } from '../../src/messages/en.ts';
import { defineTool } from '../../src/tools/define-tool.ts';

function tool(title: string, server?: string) {
  const definition = { name: title, title, description: title, parameters: z.object({}), approval: 'ask' as const };
  const defined = defineTool({ ...definition, run: () => '' });
  return server === undefined ? defined : { ...defined, server };
}

describe('the list of tools', () => {
  it("has the bot's own first, then those of each server below its name", () => {
    const tools = [tool('Clock'), tool('Order', 'shop'), tool('Read', 'files'), tool('Cancel', 'shop')];
    const { asks } = en.tools;
    assert.equal(
      listOfTools(tools, ['vault'], [], en),
      [
        'I can use these tools here:',
        `- Clock (${asks})`,
        'shop:',
        `- Order (${asks})\n- Cancel (${asks})`,
        'files:',
        `- Read (${asks})`,
        'Not reachable at the moment: vault',
      ].join('\n\n'),
    );
  });
});
