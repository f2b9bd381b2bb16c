import { createInterface } from 'node:readline';
import { bigTools, type RpcMessage, ScriptedMcp } from './scripted-mcp.ts';

/**
 * `node scripted-stdio.ts [count]`: the scripted server over stdio, with so many big tools, or those that misbehave.
 * `node scripted-stdio.ts mute` ends when its tools are listed.
 */
const [, , option] = process.argv;
const isMute = option === 'mute';
const server = new ScriptedMcp(option === undefined || isMute ? undefined : bigTools(Number(option)));

// As many programs do, though only messages belong there.
process.stdout.write('The server starts.\n\n{}\n');

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as RpcMessage;
  const reaction = isMute && message.method === 'tools/list' ? 'exit' : server.react(message);
  if (reaction === 'exit') process.exit(1);
  if (reaction === 'hang') continue;
  if (reaction === 'garbage') process.stdout.write('{"jsonrpc":"2.0","id":\n');
  else for (const each of reaction) process.stdout.write(`${JSON.stringify(each)}\n`);
}
