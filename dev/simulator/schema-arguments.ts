import { isRecord } from './events.ts';

/** What a message says about an action: "write a file SUBJECT with CONTENT". */
export interface ActionWords {
  /** Empty if the message names none. */
  readonly subject: string;
  readonly content: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** Names of parameters that hold a text and not what it is about. */
const CONTENT_NAME = /content|text|body|message|description/i;

/**
 * Fills the required parameters of a tool, or the first one if none is required. For "write a file notes.txt with Hello
 * 5":
 * - the first string gets the subject, "notes.txt"; later ones are empty
 * - a string with a name like `content` gets the content, "Hello 5"; if the message has none, it is a string like
 *   others
 * - a list of strings gets the text that a string would get: ["notes.txt"]
 * - a number gets the first number of the message, 5, or 0
 * - a closed list gets the value that the message names, or the first one
 * - anything else is false, [] or {}
 */
export function plausibleArguments(schema: Schema | undefined, words: ActionWords): Record<string, unknown> {
  const properties = isRecord(schema?.['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema?.['required']) ? schema['required'] : [];
  const names = Object.keys(properties).filter((name) => required.includes(name));
  const filled = names.length > 0 ? names : Object.keys(properties).slice(0, 1);
  let isSubjectTaken = false;
  return Object.fromEntries(
    filled.map((name) => {
      const takesContent = CONTENT_NAME.test(name) && words.content !== '';
      const text = takesContent ? words.content : isSubjectTaken ? '' : words.subject;
      const value = plausibleValue(properties[name], text, words);
      // Strings and lists of strings hold the text. If no other parameter has taken the subject, the next string gets
      // it.
      const holdsText = value === text || (Array.isArray(value) && value[0] === text);
      isSubjectTaken ||= holdsText && !takesContent;
      return [name, value];
    }),
  );
}

function plausibleValue(property: unknown, text: string, words: ActionWords): unknown {
  const schema = isRecord(property) ? property : {};
  const allowed = schema['enum'];
  if (Array.isArray(allowed)) return allowed.find((value) => isNamed(value, words)) ?? allowed[0];
  switch (typeOf(schema)) {
    case 'number':
    case 'integer':
      return numberIn(words);
    case 'boolean':
      return false;
    case 'array':
      return text !== '' && isRecord(schema['items']) && typeOf(schema['items']) === 'string' ? [text] : [];
    case 'object':
      return {};
    default:
      return text;
  }
}

/** A type may be a list, as in `["string", "null"]`. */
function typeOf(schema: Schema): unknown {
  const { type } = schema;
  return Array.isArray(type) ? type.find((each) => each !== 'null') : type;
}

function isNamed(value: unknown, { subject, content }: ActionWords): boolean {
  return typeof value === 'string' && `${subject} ${content}`.toLowerCase().includes(value.toLowerCase());
}

function numberIn({ subject, content }: ActionWords): number {
  return Number(/\d{1,15}/.exec(`${subject} ${content}`)?.[0] ?? 0);
}
