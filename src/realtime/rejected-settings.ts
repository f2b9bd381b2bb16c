import type { RequestEvents } from './client-events.ts';
import type { WireError } from './server-event.ts';
import { serviceErrorOf } from './service-errors.ts';

/** What the service rejects of the settings: the voice, or functions. */
export interface RejectedSettings {
  readonly voice?: string;
  /** Empty if the service does not name them. */
  readonly functions?: readonly string[];
}

/**
 * Returns the voice or the functions that the error rejects; `undefined` if it is about anything else. The field that
 * the error names decides, else its message. The message does not count if the error names another event than
 * `session.update`, such as the user's item, or is no rejection: then it may quote user input. `eventId`: the event
 * that the error names.
 */
export function rejectedBy(
  error: WireError,
  eventId: string | undefined,
  { settingsEventId, voice, functions = [] }: RequestEvents,
): RejectedSettings | undefined {
  const namesOther = eventId !== undefined && eventId !== settingsEventId;
  const doesMessageCount = !namesOther && serviceErrorOf(error).code === 'request_rejected';
  if (error.param === undefined && !doesMessageCount) return undefined;
  const names = functions.map(({ name }) => name);
  const rejected = names.length === 0 ? undefined : rejectedFunctions(error, names);
  if (rejected !== undefined) return { functions: rejected };
  return voice !== undefined && rejectsVoice(error, voice) ? { voice } : undefined;
}

function rejectsVoice({ param, message }: WireError, voice: string): boolean {
  if (param !== undefined) return /(?:^|\.)voice(?:\.|$)/.test(param);
  const words = message.toLowerCase().split(/[^\p{L}\p{N}_-]+/u);
  return words.includes('voice') || words.includes(voice.toLowerCase());
}

/** `session.tools[3].parameters` and `tools.3`, but not `session.tool_choice`. */
const TOOLS = /^(?:session\.)?tools(?:[[.](\d+)|$)/;
const QUOTED_TOOLS = /'session\.tools(?:[[.](\d+)|')/;
const FUNCTION = /\bfunction '([^']+)'/i;

/** Returns those of `names` that are rejected; empty if it names none; `undefined` if it rejects something else. */
function rejectedFunctions({ param, message }: WireError, names: readonly string[]): readonly string[] | undefined {
  const inTools = param === undefined ? QUOTED_TOOLS.exec(message) : TOOLS.exec(param);
  const isAboutOtherField = param !== undefined && inTools === null;
  if (isAboutOtherField) return undefined;
  const index = inTools?.[1];
  const name = index === undefined ? FUNCTION.exec(message)?.[1] : names[Number(index)];
  if (name !== undefined && names.includes(name)) return [name];
  return inTools === null ? undefined : [];
}
