import type { McpServerSettings } from '../../config/mcp-settings.ts';
import { type ParameterSchema, parameterSchema } from '../parameter-schema.ts';
import { plainTitle } from '../plain-title.ts';
import { DATA_NOTICE, type Tool } from '../tool.ts';
import { qualifiedName } from '../tool-names.ts';
import type { ListedTool } from './list-tools.ts';

/** Longer descriptions are cut, because the model reads them in every response. */
const MAX_DESCRIPTION_CHARS = 2_000;

/** A tool by the server's own name. */
export interface ServerTool {
  readonly name: string;
  readonly parameters: ParameterSchema;
  readonly isReadOnly: boolean;
}

/** Runs a call on the server. */
export type CallServer = (tool: ServerTool) => Tool['run'];

/**
 * Converts a tool from its server's list. The server's own hints never grant anything: only the operator's settings let a
 * tool run without asking or mark it as read-only. A hint that it is destructive is believed.
 */
export function mcpTool(
  listed: ListedTool,
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
    description: `${description.slice(0, MAX_DESCRIPTION_CHARS)} ${DATA_NOTICE}`.trim(),
    parameters: parameters.schema,
    approval: settings.approval === 'never' || settings.allow.includes(name) ? 'never' : 'ask',
    isReadOnly,
    isDestructive: annotations?.destructiveHint === true,
    timeoutMs: settings.timeoutMs,
    access: { users: settings.users, scopes: settings.scopes },
    origin: settings.origin,
    run: call({ name, parameters: parameters.schema, isReadOnly }),
  };
}
