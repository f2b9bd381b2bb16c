import { hash } from 'node:crypto';
import { z } from 'zod';
import { type McpServerSettings, toToolName } from '../../config/mcp-settings.ts';
import { type ParameterSchema, parameterSchema } from '../parameter-schema.ts';
import { DATA_NOTICE, MAX_NAME_CHARS, type Tool } from '../tool.ts';

const HASH_CHARS = 8;
const MAX_TITLE_CHARS = 80;
/** Markdown, HTML, quotation marks, and all that is no visible character. */
const NOT_PLAIN = /[[\]()*_<>~`#|\\$"“”„]|:\/\/|[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** Longer descriptions are cut, because the model reads them in every response. */
const MAX_DESCRIPTION_CHARS = 2_000;

/** The fields that the bot uses of a tool in a server's list. */
export const LISTED_TOOL = z.object({
  name: z.string().min(1),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.unknown().optional(),
  annotations: z.object({ title: z.string().optional(), destructiveHint: z.boolean().optional() }).optional(),
  execution: z.object({ taskSupport: z.string().optional() }).optional(),
});

/** A tool by the server's own name. */
export interface ServerTool {
  readonly name: string;
  readonly parameters: ParameterSchema;
  readonly isReadOnly: boolean;
}

/** Returns the `run` of a tool of the server. */
export type CallServer = (tool: ServerTool) => Tool['run'];

/**
 * Converts a tool from its server's list. The server's own hints never grant anything: only the operator's settings let
 * a tool run without asking or mark it as read-only. A hint that it is destructive is believed.
 */
export function mcpTool(
  listed: z.output<typeof LISTED_TOOL>,
  settings: McpServerSettings,
  call: CallServer,
): Tool | { readonly refusal: string } {
  const { name, title, description = '', inputSchema, annotations, execution } = listed;
  if (execution?.taskSupport === 'required') return { refusal: 'it can only run as a task' };
  const parameters = parameterSchema(inputSchema);
  if ('refusal' in parameters) return parameters;
  const isReadOnly = settings.readOnly.includes(name);
  return {
    name: qualifiedName(settings.name, name),
    title: plainTitle(title ?? annotations?.title ?? name) || plainTitle(name),
    description: `${description.slice(0, MAX_DESCRIPTION_CHARS).toWellFormed()} ${DATA_NOTICE}`.trim(),
    parameters: parameters.schema,
    approval: settings.approval === 'never' || settings.allow.includes(name) ? 'never' : 'ask',
    isReadOnly,
    isDestructive: annotations?.destructiveHint === true,
    timeoutMs: settings.timeoutMs,
    access: { users: settings.users, scopes: settings.scopes },
    origin: settings.origin,
    server: settings.name,
    run: call({ name, parameters: parameters.schema, isReadOnly }),
  };
}

/**
 * Returns the model's name of a server's tool: `server__tool`, with only the characters and length that the service
 * accepts.
 */
export function qualifiedName(server: string, tool: string): string {
  const name = toToolName(`${server}__${tool}`);
  if (name.length <= MAX_NAME_CHARS) return name;
  const digest = hash('sha256', `${server}__${tool}`, 'hex').slice(0, HASH_CHARS);
  return `${name.slice(0, MAX_NAME_CHARS - HASH_CHARS - 1)}_${digest}`;
}

/**
 * Returns the title that a server gives its tool as plain words in one line, which stand in the bot's own sentences.
 */
function plainTitle(title: string): string {
  const plain = title.replace(NOT_PLAIN, ' ').replace(/\s+/g, ' ').trim();
  return Array.from(plain).slice(0, MAX_TITLE_CHARS).join('').trim();
}
