import { AudioAnalysis } from './audio-analysis.ts';
import { audioIn } from './audio-field.ts';
import { onlyKnown, optionalString, pathOf, requiredOneOf, requiredString } from './checks.ts';
import { isRecord, newId } from './events.ts';
import type { ClipDescription, InputDescription } from './input-description.ts';
import type { ContentPart, MessageItem, Role } from './items.ts';
import { describePicture } from './picture.ts';
import { invalidType, invalidValue, missingParameter, Rejection } from './wire-errors.ts';

const KNOWN = ['id', 'object', 'type', 'status', 'role', 'content'];
const ROLES: readonly Role[] = ['user', 'assistant', 'system'];
const CONTENT_TYPES = {
  user: ['input_text', 'input_audio', 'input_image'],
  system: ['input_text'],
  assistant: ['output_text', 'output_audio'],
} as const satisfies Record<Role, readonly string[]>;

type Fields = Record<string, unknown>;

/**
 * Reads a `message` of a client event by the rules of the service; throws a Rejection. `path`: its position in the
 * event.
 */
export function parseMessage(fields: Fields, id: string, path: string): MessageItem {
  onlyKnown(fields, KNOWN, path);
  const role = requiredOneOf(fields, 'role', path, ROLES);
  const parts = parseContent(fields, role, path);
  const content = parts.map(({ part }) => part);
  const inputs = parts.flatMap(({ input }) => input ?? []);
  const audioMs = inputs.reduce((sum, part) => sum + (part.kind === 'clip' ? part.clip.durationMs : 0), 0);
  return { id, type: 'message', role, status: 'completed', content, audioMs, inputs };
}

/** The item made from a committed input audio buffer. */
export function clipItem(clip: ClipDescription): MessageItem {
  return {
    id: newId('item'),
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_audio' }],
    audioMs: clip.durationMs,
    inputs: [{ kind: 'clip', clip }],
  };
}

interface ParsedPart {
  readonly part: ContentPart;
  readonly input?: InputDescription;
}

function parseContent(fields: Fields, role: Role, path: string): ParsedPart[] {
  const param = pathOf(path, 'content');
  const { content } = fields;
  if (content === undefined) throw missingParameter(param);
  if (!Array.isArray(content)) throw invalidType(param, 'an array', content);
  if (content.length === 0) {
    const message = `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`;
    throw new Rejection(message, { code: 'empty_array', param });
  }
  return content.map((part: unknown, index) => parsePart(part, role, `${param}[${index}]`));
}

function parsePart(part: unknown, role: Role, path: string): ParsedPart {
  if (!isRecord(part)) throw invalidType(path, 'an object', part);
  const type = requiredOneOf(part, 'type', path, CONTENT_TYPES[role]);
  switch (type) {
    case 'input_text':
    case 'output_text':
      return { part: { type, text: requiredString(part, 'text', path) } };
    case 'output_audio':
      // The service does not accept audio of the assistant, and asks for a text instead (openai-agents-js #963).
      throw missingParameter(pathOf(path, 'text'));
    case 'input_audio':
      return parseAudio(part, path);
    case 'input_image':
      return parseImage(part, path);
  }
}

function parseAudio(part: Fields, path: string): ParsedPart {
  const audio = audioIn(part, 'audio', path);
  const transcript = optionalString(part, 'transcript', path);
  const analysis = new AudioAnalysis();
  analysis.add(audio);
  return {
    part: { type: 'input_audio', ...(transcript === undefined ? {} : { transcript }) },
    input: { kind: 'clip', clip: analysis.finish() },
  };
}

const IMAGE_DATA_URI = /^data:image\/(png|jpeg);base64,[A-Za-z0-9+/]+={0,2}$/;

function parseImage(part: Fields, path: string): ParsedPart {
  const url = requiredString(part, 'image_url', path);
  if (!IMAGE_DATA_URI.test(url)) {
    const message = `Invalid '${path}.image_url'. Expected a base64-encoded data URI of a PNG or JPEG image.`;
    throw invalidValue(pathOf(path, 'image_url'), message);
  }
  const detail =
    part['detail'] === undefined ? undefined : requiredOneOf(part, 'detail', path, ['auto', 'low', 'high']);
  return {
    part: { type: 'input_image', image_url: url, ...(detail === undefined ? {} : { detail }) },
    input: { kind: 'picture', picture: describePicture(url) },
  };
}
