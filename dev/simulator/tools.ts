import { onlyKnown, optionalRecord, optionalString, pathOf, requiredOneOf, requiredString } from './checks.ts';
import { isRecord } from './events.ts';
import { TOOL_CHOICES, type ToolChoice, type ToolDefinition } from './tool-definition.ts';
import { arrayTooLong, invalidType, invalidValue, Rejection, stringTooLong, unsupportedValue } from './wire-errors.ts';

// The fields `tools` and `tool_choice` of both session.update and response.create. Only functions are supported: the
// simulator runs no MCP servers.

type Fields = Record<string, unknown>;

/** The limits that the service states for functions in its other APIs; it states none for Realtime. */
const MAX_TOOLS = 128;
const MAX_NAME_CHARS = 64;
const NAME = /^[A-Za-z0-9_-]+$/;

/** Throws a Rejection for the first tool that is not a function by the rules of the service. */
export function toolsIn(fields: Fields, path: string): readonly ToolDefinition[] | undefined {
  const { tools } = fields;
  if (tools === undefined) return undefined;
  const param = pathOf(path, 'tools');
  if (!Array.isArray(tools)) throw invalidType(param, 'an array', tools);
  if (tools.length > MAX_TOOLS) throw arrayTooLong(param, MAX_TOOLS, tools.length);
  const parsed = tools.map((tool: unknown, index) => parseTool(tool, `${param}[${index}]`));
  // Throws for schemas that are nested too deeply to be shown or counted.
  JSON.stringify(parsed);
  return parsed;
}

function parseTool(tool: unknown, path: string): ToolDefinition {
  if (!isRecord(tool)) throw invalidType(path, 'an object', tool);
  requiredOneOf(tool, 'type', path, ['function']);
  // Checked first: the nested form of the chat API is refused because it has no name here.
  const name = functionNameIn(tool, path);
  onlyKnown(tool, ['type', 'name', 'description', 'parameters'], path);
  const description = optionalString(tool, 'description', path);
  const parameters = optionalRecord(tool, 'parameters', path);
  if (parameters !== undefined) checkSchema(parameters, name, pathOf(path, 'parameters'));
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
  };
}

/** The required `name` of a function. */
export function functionNameIn(fields: Fields, path: string): string {
  const name = requiredString(fields, 'name', path);
  const param = pathOf(path, 'name');
  if (name === '') {
    const message = `Invalid '${param}': empty string. Expected a string with minimum length 1, but got an empty string instead.`;
    throw new Rejection(message, { code: 'empty_string', param });
  }
  if (name.length > MAX_NAME_CHARS) throw stringTooLong(param, MAX_NAME_CHARS, name.length);
  if (NAME.test(name)) return name;
  const expected = "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'";
  throw invalidValue(param, `Invalid '${param}': string does not match pattern. ${expected}.`);
}

const REFUSED_KEYWORDS = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];

/** The words of the service (langchainjs #9804, notion-mcp-server #102). */
function checkSchema(schema: Fields, name: string, param: string): void {
  const { type } = schema;
  const invalid = (problem: string) =>
    new Rejection(`Invalid schema for function '${name}': ${problem}.`, { code: 'invalid_function_parameters', param });
  if (type !== 'object') {
    const shown = type === undefined || type === null ? 'None' : String(type);
    throw invalid(`schema must be a JSON Schema of 'type: "object"', got 'type: "${shown}"'`);
  }
  if (REFUSED_KEYWORDS.some((keyword) => schema[keyword] !== undefined)) {
    const keywords = "'oneOf'/'anyOf'/'allOf'/'enum'/'not'";
    throw invalid(`schema must have type 'object' and not have ${keywords} at the top level`);
  }
}

/** The form of the chat API, `{ function: { name } }`, is refused because it has no name here. */
export function toolChoiceIn(fields: Fields, path: string): ToolChoice | undefined {
  const choice = fields['tool_choice'];
  if (choice === undefined) return undefined;
  const param = pathOf(path, 'tool_choice');
  if (typeof choice === 'string') {
    const found = TOOL_CHOICES.find((candidate) => candidate === choice);
    if (found === undefined) throw unsupportedValue(param, choice, TOOL_CHOICES);
    return found;
  }
  if (!isRecord(choice)) throw invalidType(param, 'a string or an object', choice);
  const name = functionNameIn(choice, param);
  requiredOneOf(choice, 'type', param, ['function']);
  onlyKnown(choice, ['type', 'name'], param);
  return { name };
}

/** The fields as a session shows them. */
export function wireTools(tools: readonly ToolDefinition[], choice: ToolChoice): Record<string, unknown> {
  return {
    tools: tools.map((tool) => ({ type: 'function', ...tool })),
    tool_choice: typeof choice === 'string' ? choice : { type: 'function', ...choice },
  };
}

/** The tools that may be called in one response. */
export function callableTools(tools: readonly ToolDefinition[], choice: ToolChoice): readonly ToolDefinition[] {
  if (choice === 'none') return [];
  return typeof choice === 'string' ? tools : tools.filter(({ name }) => name === choice.name);
}
