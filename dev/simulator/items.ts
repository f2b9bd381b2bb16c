import { AudioAnalysis } from './audio-analysis.ts';
import { audioIn } from './audio-field.ts';
import { onlyKnown, optionalString, pathOf, requiredOneOf, requiredString } from './checks.ts';
import { isRecord, newId } from './events.ts';
import type { ClipDescription, InputDescription } from './input-description.ts';
import { describePicture } from './picture.ts';
import { invalidType, invalidValue, missingParameter, Rejection, stringTooLong } from './wire-errors.ts';

export type Role = 'user' | 'assistant' | 'system';
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** A content part of an item. Its audio is analyzed, and neither stored nor sent back. */
export type ContentPart =
  | { readonly type: 'input_text' | 'output_text'; readonly text: string }
  | { readonly type: 'input_audio'; readonly transcript?: string }
  | { readonly type: 'input_image'; readonly image_url: string; readonly detail?: string }
  | { readonly type: 'output_audio'; readonly transcript?: string };

/** A message of a conversation. */
export interface Item {
  readonly id: string;
  readonly role: Role;
  readonly status: ItemStatus;
  readonly content: readonly ContentPart[];
  /** The length of its audio. */
  readonly audioMs: number;
  /** Everything but text in a user item, in order. Never on the wire. */
  readonly inputs?: readonly InputDescription[];
}

const MAX_ID_CHARS = 32;
const KNOWN = ['id', 'object', 'type', 'status', 'role', 'content'];
const ROLES: readonly Role[] = ['user', 'assistant', 'system'];
const CONTENT_TYPES = {
  user: ['input_text', 'input_audio', 'input_image'],
  system: ['input_text'],
  assistant: ['output_text', 'output_audio'],
} as const satisfies Record<Role, readonly string[]>;

type Fields = Record<string, unknown>;

/**
 * Reads an item of a client event by the rules of the service; throws a Rejection. `path`: its position in the event.
 * Only messages are supported: the simulator calls no tools.
 */
export function parseItem(fields: Fields, path: string): Item {
  requiredOneOf(fields, 'type', path, ['message']);
  onlyKnown(fields, KNOWN, path);
  const id = optionalString(fields, 'id', path) ?? newId('item');
  if (id.length > MAX_ID_CHARS) throw stringTooLong(pathOf(path, 'id'), MAX_ID_CHARS, id.length);
  if (id === '') throw invalidValue(pathOf(path, 'id'), `Invalid '${path}.id': empty string.`);
  const role = requiredOneOf(fields, 'role', path, ROLES);
  const parts = parseContent(fields, role, path);
  const content = parts.map(({ part }) => part);
  const inputs = parts.flatMap((part) => part.inputs ?? []);
  const audioMs = inputs.reduce((sum, part) => sum + (part.kind === 'clip' ? part.clip.durationMs : 0), 0);
  return { id, role, status: 'completed', content, audioMs, inputs };
}

/** The item made from a committed input audio buffer. */
export function clipItem(clip: ClipDescription): Item {
  return {
    id: newId('item'),
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_audio' }],
    audioMs: clip.durationMs,
    inputs: [{ kind: 'clip', clip }],
  };
}

interface ParsedPart {
  readonly part: ContentPart;
  readonly inputs?: InputDescription;
}

function parseContent(fields: Fields, role: Role, base: string): ParsedPart[] {
  const path = pathOf(base, 'content');
  const { content } = fields;
  if (content === undefined) throw missingParameter(path);
  if (!Array.isArray(content)) throw invalidType(path, 'an array', content);
  if (content.length === 0) {
    const message = `Invalid '${path}': empty array. Expected an array with minimum length 1, but got an empty array instead.`;
    throw new Rejection(message, { code: 'empty_array', param: path });
  }
  return content.map((part: unknown, index) => parsePart(part, role, `${path}[${index}]`));
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
    inputs: { kind: 'clip', clip: analysis.finish() },
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
    inputs: { kind: 'picture', picture: describePicture(url) },
  };
}

/** The item as events show it. */
export function wireItem({ id, role, status, content }: Item): Record<string, unknown> {
  return { id, object: 'realtime.item', type: 'message', status, role, content };
}

/** The text of an item, and the transcript of what the assistant spoke. */
export function textOf({ content }: Item): string {
  const texts = content.map(textOfPart);
  return texts.filter((text) => text !== '').join('\n');
}

function textOfPart(part: ContentPart): string {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
      return part.text;
    case 'output_audio':
      return part.transcript ?? '';
    case 'input_audio':
    case 'input_image':
      // The model never sees a client's transcript of its own audio.
      return '';
  }
}
