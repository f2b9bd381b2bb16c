import { z } from 'zod';
import { parameterSchema } from './parameter-schema.ts';
import {
  type CallContext,
  EVERYBODY,
  MAX_NAME_CHARS,
  type Tool,
  type ToolArguments,
  type ToolOutput,
  textOutput,
} from './tool.ts';
import { DefinitionError, ToolError } from './tool-error.ts';

const DEFAULT_TIMEOUT_SECONDS = 20;

type RequiredFields = Pick<Tool, 'name' | 'title' | 'progress' | 'description' | 'approval'>;
/** Default: it may change something, which can be undone, and everybody may use it everywhere. */
type OptionalFields = Partial<Pick<Tool, 'isReadOnly' | 'isDestructive' | 'access'>>;

/** The definition of one of the bot's own functions that the model may call. */
export interface ToolDefinition<Parameters extends z.ZodObject> extends RequiredFields, OptionalFields {
  /** Checks the arguments, gives `run` their types, and tells the model what to pass (`.describe()` each). */
  readonly parameters: Parameters;
  /** The time limit of a call. Default 20. */
  readonly timeoutSeconds?: number;
  /**
   * Returns text, any JSON object, or a complete output. `{ error }` tells the model that nothing was done, and why. A
   * thrown error is logged, and the model gets only "It failed."; the outcome is unknown unless the tool is read-only.
   */
  run(args: z.output<Parameters>, call: CallContext): Promise<ToolResult> | ToolResult;
}

/**
 * An object with `text`, `images` and `sources` is a complete output. One with only an `error`, a text, is a failed
 * call. The model gets any other object as JSON.
 */
export type ToolResult = string | ToolOutput | Readonly<Record<string, unknown>>;

/** Makes a tool from its definition. Throws a DefinitionError if the service does not accept the name or the schema. */
export function defineTool<Parameters extends z.ZodObject>(definition: ToolDefinition<Parameters>): Tool {
  const { parameters: schema, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS, ...fields } = definition;
  const refused = (reason: string) =>
    new DefinitionError(`the function "${definition.name}" cannot be used: ${reason}`);
  if (!/^[\w-]+$/.test(definition.name) || definition.name.length > MAX_NAME_CHARS)
    throw refused(`its name needs 1 to ${MAX_NAME_CHARS} letters (a to z), digits, "_" and "-"`);
  const parameters = parameterSchema(z.toJSONSchema(schema, { io: 'input' }));
  if ('refusal' in parameters) throw refused(parameters.refusal);
  return {
    isReadOnly: false,
    isDestructive: false,
    access: EVERYBODY,
    ...fields,
    parameters: parameters.schema,
    timeoutMs: timeoutSeconds * 1000,
    origin: 'bot',
    check: (args) => void parsed(schema, args),
    run: async (args, call) => toOutput(await definition.run(parsed(schema, args), call)),
  };
}

function parsed<Parameters extends z.ZodObject>(schema: Parameters, args: ToolArguments): z.output<Parameters> {
  const checked = schema.safeParse(args);
  if (!checked.success) throw new ToolError('arguments_invalid', z.prettifyError(checked.error));
  return checked.data;
}

function toOutput(result: ToolResult): ToolOutput {
  if (typeof result === 'string') return textOutput(result);
  if (isError(result)) throw new ToolError('tool_failed', result.error);
  return isOutput(result) ? result : textOutput(JSON.stringify(result));
}

function isError(result: object): result is { readonly error: string } {
  return 'error' in result && typeof result.error === 'string' && Object.keys(result).length === 1;
}

function isOutput(result: Exclude<ToolResult, string>): result is ToolOutput {
  return 'text' in result && 'images' in result && 'sources' in result;
}
