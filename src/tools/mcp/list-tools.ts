import type { Client, RequestOptions } from '@modelcontextprotocol/client';
import { z } from 'zod';

const MAX_PAGES = 64;

/** A page of `tools/list`. Its tools are checked one by one, so that a malformed one does not cost the others. */
const PAGE = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });

const LISTED_TOOL = z.looseObject({
  name: z.string().min(1),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.unknown().optional(),
  annotations: z.looseObject({ title: z.string().optional(), destructiveHint: z.boolean().optional() }).optional(),
  execution: z.looseObject({ taskSupport: z.string().optional() }).optional(),
});

/** A tool in the list of a server: the fields that the bot uses. */
export type ListedTool = Pick<
  z.output<typeof LISTED_TOOL>,
  'name' | 'title' | 'description' | 'inputSchema' | 'annotations' | 'execution'
>;

/** Returns the tools of all pages, until there are more than `maxCount`. Rejects with an error of the SDK. */
export async function listTools(
  client: Client,
  maxCount: number,
  options: RequestOptions,
): Promise<readonly unknown[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const listed: unknown[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES && listed.length <= maxCount; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const { tools, nextCursor } = await client.request({ method: 'tools/list', params }, PAGE, options);
    listed.push(...tools);
    if (nextCursor === undefined) break;
    cursor = nextCursor;
  }
  return listed;
}

/** Returns `undefined` for a malformed tool. */
export function readListedTool(listed: unknown): ListedTool | undefined {
  return LISTED_TOOL.safeParse(listed).data;
}
