import { createInterface } from 'node:readline';
import { bigTools, type RpcMessage, ScriptedMcp } from './scripted-mcp.ts';

/** `node scripted-stdio.ts [count]`: the scripted server over stdio, with so many big tools, or those that misbehave. */
const [, , count] = process.argv;
const server = new ScriptedMcp(count === undefined ? undefined : bigTools(Number(count)));

// As many programs do, though only messages belong there.
process.stdout.write('The server starts.\n\n{}\n');

for await (const line of createInterface({ input: process.stdin })) {
  const reaction = server.react(JSON.parse(line) as RpcMessage);
  if (reaction === 'exit') process.exit(1);
  if (reaction === 'hang') continue;
  if (reaction === 'garbage') process.stdout.write('{"jsonrpc":"2.0","id":\n');
  else for (const message of reaction) process.stdout.write(`${JSON.stringify(message)}\n`);
}
