import { z } from 'zod';
import { parameterSchema } from './parameter-schema.ts';
import {
  type ApprovalRule,
  type CallContext,
  EVERYBODY,
  type Tool,
  type ToolAccess,
  type ToolArguments,
  type ToolOutput,
  textOutput,
} from './tool.ts';
import { ToolError } from './tool-error.ts';

const DEFAULT_TIMEOUT_SECONDS = 20;

/** The definition of one of the bot's own functions that the model may call. */
export interface ToolDefinition<Parameters extends z.ZodObject> {
  /** Up to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** The name that users see. */
  readonly title: string;
  /** Shown while the tool runs, by language: `{ en: 'Looking up the order…' }`. Default: a sentence with the title. */
  readonly progress?: Readonly<Record<string, string>>;
  /** Tells the model what the tool does and when to call it. */
  readonly description: string;
  /** Checks the arguments, gives `run` their types, and tells the model what to pass (`.describe()` each). */
  readonly parameters: Parameters;
  /** `ask`: the user is asked before each call. */
  readonly approval: ApprovalRule;
  /** Whether a call changes nothing, so that it may be repeated after a crash. Default: false. */
  readonly isReadOnly?: boolean;
  /** Whether its effect cannot be undone. Then "Always allow" is not offered. Default: false. */
  readonly isDestructive?: boolean;
  /** The time limit of a call. Default 20. */
  readonly timeoutSeconds?: number;
  /** Default: everybody, everywhere. */
  readonly access?: ToolAccess;
  /**
   * Returns text, any JSON object, or a complete output. A thrown error is logged, and the model gets only "It failed."
   * Return `{ error }` to tell it why.
   */
  run(args: z.output<Parameters>, call: CallContext): Promise<ToolResult> | ToolResult;
}

/** An object with `text`, `images` and `sources` is a complete output. The model gets any other object as JSON. */
export type ToolResult = string | ToolOutput | Readonly<Record<string, unknown>>;

/** Makes a tool from its definition. Throws if the service does not accept the schema. */
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
    check: (args) => void parsed(schema, args),
    async run(args, call) {
      return toOutput(await definition.run(parsed(schema, args), call));
    },
  };
}

function parsed<Parameters extends z.ZodObject>(schema: Parameters, args: ToolArguments): z.output<Parameters> {
  const checked = schema.safeParse(args);
  if (!checked.success) throw new ToolError('arguments_invalid', z.prettifyError(checked.error));
  return checked.data;
}

function toOutput(result: ToolResult): ToolOutput {
  if (typeof result === 'string') return textOutput(result);
  return isOutput(result) ? result : textOutput(JSON.stringify(result));
}

function isOutput(result: Exclude<ToolResult, string>): result is ToolOutput {
  return 'text' in result && 'images' in result && 'sources' in result;
}
