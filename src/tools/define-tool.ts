import { z } from 'zod';
import { parameterSchema } from './parameter-schema.ts';
import {
  type ApprovalRule,
  type CallContext,
  EVERYBODY,
  type Tool,
  type ToolAccess,
  type ToolOutput,
  textOutput,
} from './tool.ts';
import { ToolError } from './tool-error.ts';

const DEFAULT_TIMEOUT_SECONDS = 20;

/** A function of the bot's own that the model may call. */
export interface ToolDefinition<Parameters extends z.ZodObject> {
  /** Letters, digits, `_` and `-`, up to 64. */
  readonly name: string;
  /** As people read it. */
  readonly title: string;
  /** Shown while it works, by language: `{ en: 'Looking up the order…' }`. Default: a sentence with the title. */
  readonly progress?: Readonly<Record<string, string>>;
  /** For the model: what it does, and when to call it. */
  readonly description: string;
  /** Checks the arguments, gives `run` their types, and tells the model what to pass (`.describe()` each). */
  readonly parameters: Parameters;
  /** `ask`: the user is asked before each call. */
  readonly approval: ApprovalRule;
  /** Whether a call changes nothing: then it may be repeated after a crash. Default: false. */
  readonly isReadOnly?: boolean;
  /** Whether what it does cannot be undone: then "Always allow" is not offered. Default: false. */
  readonly isDestructive?: boolean;
  /** From 1 to 120; default 20. */
  readonly timeoutSeconds?: number;
  /** Default: everybody, everywhere. */
  readonly access?: ToolAccess;
  /** Gives text, any value that JSON can hold, or a whole output. What it throws becomes an error for the model. */
  run(args: z.output<Parameters>, call: CallContext): Promise<ToolResult> | ToolResult;
}

/** An object with `text`, `images` and `sources` is an output; anything else is given to the model as it is. */
export type ToolResult = string | ToolOutput | Readonly<Record<string, unknown>>;

/** Makes a tool of a function. Throws where its schema is not one that the service takes. */
export function defineTool<Parameters extends z.ZodObject>(definition: ToolDefinition<Parameters>): Tool {
  const { name, title, progress, description, parameters: schema, approval } = definition;
  const { isReadOnly = false, isDestructive = false, access = EVERYBODY } = definition;
  const parameters = parameterSchema(z.toJSONSchema(schema, { io: 'input' }));
  if ('refusal' in parameters) throw new TypeError(`tool ${name}: ${parameters.refusal}`);
  return {
    name,
    title,
    ...(progress === undefined ? {} : { progress }),
    description,
    parameters: parameters.schema,
    approval,
    isReadOnly,
    isDestructive,
    timeoutMs: (definition.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
    access,
    origin: 'bot',
    async run(args, call) {
      const checked = schema.safeParse(args);
      if (!checked.success) throw new ToolError('arguments_invalid', z.prettifyError(checked.error));
      return toOutput(await definition.run(checked.data, call));
    },
  };
}

function toOutput(result: ToolResult): ToolOutput {
  if (typeof result === 'string') return textOutput(result);
  return isOutput(result) ? result : textOutput(JSON.stringify(result));
}

function isOutput(result: Exclude<ToolResult, string>): result is ToolOutput {
  return 'text' in result && 'images' in result && 'sources' in result;
}
