import { COMMANDS } from '../../messages/command-names.ts';
import { clockTime, type Messages } from '../../messages/messages.ts';
import { paragraphs } from '../../paragraphs.ts';
import type { Tool } from '../../tools/tool.ts';
import { isAlwaysAllowed, type Permission } from '../approvals/approval.ts';
import type { ConversationUsage } from '../records.ts';

/** What people can tell the bot. */
export function listOfCommands({ commands }: Messages): string {
  return COMMANDS.map((name) => `- /${name}: ${commands.does[name]}`).join('\n');
}

/** What the bot can look up and do for a person with these permissions, by server. */
export function listOfTools(
  tools: readonly Tool[],
  downServers: readonly string[],
  permissions: readonly Permission[],
  { tools: texts }: Messages,
): string {
  const down = downServers.length === 0 ? '' : texts.notReachable(downServers.join(', '));
  if (tools.length === 0) return paragraphs(texts.none, down);
  const allowed = tools.filter((tool) => tool.approval === 'ask' && isAlwaysAllowed(tool, permissions));
  const line = (tool: Tool) => {
    const note = allowed.includes(tool) ? texts.alwaysAllowed : tool.approval === 'ask' ? texts.asks : undefined;
    return `- ${tool.title}${note === undefined ? '' : ` (${note})`}`;
  };
  const groups = Map.groupBy(tools, ({ server }) => server);
  const lists = [...groups].map(([server, those]) =>
    paragraphs(server === undefined ? '' : `${server}:`, those.map(line).join('\n')),
  );
  return paragraphs(texts.list, ...lists, allowed.length === 0 ? '' : texts.howToRevoke, down);
}

/** What a conversation has used so far. `usd`: what that costs; `undefined` where the model has no price. */
export function usageText(
  { turns, audioMs, tokens }: ConversationUsage,
  usd: number | undefined,
  priceDate: string,
  messages: Messages,
): string {
  const number = (value: number) => value.toLocaleString(messages.language);
  const kinds = [tokens.text, tokens.audio, tokens.image];
  const sum = (direction: 'in' | 'cached' | 'out') => number(kinds.reduce((total, kind) => total + kind[direction], 0));
  const lines = [
    messages.usage.turns(number(turns)),
    messages.usage.audio(audioMs === 0 ? '0:00' : clockTime(audioMs)),
    messages.usage.tokens({ in: sum('in'), cached: sum('cached'), out: sum('out') }),
    usd === undefined ? messages.usage.costUnknown : messages.usage.cost(dollars(usd, messages.language), priceDate),
  ];
  return paragraphs(messages.usage.title, lines.map((line) => `- ${line}`).join('\n'));
}

function dollars(usd: number, language: string): string {
  return usd.toLocaleString(language, { style: 'currency', currency: 'USD', maximumFractionDigits: 4 });
}
