import type { ToolArguments } from './tool.ts';
import { ToolError } from './tool-error.ts';

/** A larger result would fill the context of the session and make later turns fail. */
const MAX_OUTPUT_CHARS = 8_000;
/** The longest output as UTF-8, with the notice that it was cut: a UTF-16 unit has up to three bytes. */
export const MAX_OUTPUT_BYTES = 3 * (MAX_OUTPUT_CHARS + 100);
/** The longest arguments that the model may pass. */
const MAX_ARGUMENT_CHARS = 16_000;
const MAX_ERROR_CHARS = 500;

/** The arguments as JSON text: a model may write nothing where there are none. */
export function argumentsJson(text: string): string {
  return text.trim() === '' ? '{}' : text;
}

/** Parses the arguments. Throws a ToolError for anything but a JSON object: it is never repaired. */
export function parseArguments(text: string): ToolArguments {
  if (text.length > MAX_ARGUMENT_CHARS)
    throw new ToolError('arguments_invalid', `The arguments have more than ${MAX_ARGUMENT_CHARS} characters.`);
  const parsed = jsonOf(argumentsJson(text));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new ToolError('arguments_invalid', 'The arguments are not a JSON object.');
  return parsed as ToolArguments;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ToolError('arguments_invalid', 'The arguments are not JSON.', { cause });
  }
}

/** Returns the output for the model, shortened if it is too long. */
export function outputText(text: string): string {
  if (text.length <= MAX_OUTPUT_CHARS) return text;
  const kept = text.slice(0, MAX_OUTPUT_CHARS).replace(/[\uD800-\uDBFF]$/, '');
  return `${kept}\n[cut here: ${text.length - kept.length} more characters were left out]`;
}

/** Returns the output for a failed call: short, without stack or secret. */
export function errorText(error: string): string {
  return JSON.stringify({ error: error.slice(0, MAX_ERROR_CHARS) });
}
