import type { InputDescription } from './input-description.ts';

export type Role = 'user' | 'assistant' | 'system';
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';
/**
 * Whether a message of the assistant comes before calls, or answers. Newer models say so; it is in no published schema.
 */
export type Phase = 'commentary' | 'final_answer';

/** A content part of an item. Its audio is analyzed, and neither stored nor sent back. */
export type ContentPart =
  | { readonly type: 'input_text' | 'output_text'; readonly text: string }
  | { readonly type: 'input_audio'; readonly transcript?: string }
  | { readonly type: 'input_image'; readonly image_url: string; readonly detail?: string }
  | { readonly type: 'output_audio'; readonly transcript?: string };

/** An item of a conversation. */
export type Item = MessageItem | CallItem | CallOutputItem;

export interface MessageItem {
  readonly id: string;
  readonly type: 'message';
  readonly role: Role;
  readonly status: ItemStatus;
  readonly content: readonly ContentPart[];
  /** The length of its audio. */
  readonly audioMs: number;
  readonly phase?: Phase;
  /** Everything but text in a user item, in order. Never on the wire. */
  readonly inputs?: readonly InputDescription[];
}

/** A function call of the model, or one that a client replays. */
export interface CallItem {
  readonly id: string;
  readonly type: 'function_call';
  readonly status: ItemStatus;
  readonly callId: string;
  readonly name: string;
  /** The arguments as the model wrote them: mostly JSON. */
  readonly arguments: string;
}

/** The output of a function call. */
export interface CallOutputItem {
  readonly id: string;
  readonly type: 'function_call_output';
  readonly status: ItemStatus;
  readonly callId: string;
  readonly output: string;
}

/** The item as events show it. */
export function wireItem(item: Item): Record<string, unknown> {
  const { id, type, status } = item;
  const common = { id, object: 'realtime.item', type, status };
  switch (item.type) {
    case 'message':
      return {
        ...common,
        role: item.role,
        content: item.content,
        ...(item.phase === undefined ? {} : { phase: item.phase }),
      };
    case 'function_call':
      return { ...common, call_id: item.callId, name: item.name, arguments: item.arguments };
    case 'function_call_output':
      return { ...common, call_id: item.callId, output: item.output };
  }
}

/** Everything in an item that the model reads as text; of what the assistant spoke, the transcript. */
export function textOf(item: Item): string {
  switch (item.type) {
    case 'message':
      return item.content
        .map(textOfPart)
        .filter((text) => text !== '')
        .join('\n');
    case 'function_call':
      return `${item.name} ${item.arguments}`;
    case 'function_call_output':
      return item.output;
  }
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
      // The model hears the user's audio. A transcript that the client sends with it is ignored.
      return '';
  }
}
