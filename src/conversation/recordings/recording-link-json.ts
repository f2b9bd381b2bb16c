import { fieldsOf } from '../../json-access.ts';
import { isReference } from '../message-json.ts';
import type { RecordingLink } from './recording-links.ts';

/** Reads a recording link from JSON; `undefined` for what no version of the bot has written. */
export function readRecordingLink(json: unknown): RecordingLink | undefined {
  return isRecordingLink(json) ? json : undefined;
}

/** Checks what every version writes: nobody but the bot writes there. */
function isRecordingLink(value: unknown): value is RecordingLink {
  const { id, linkKey, key, channel, personKey, reference, opensUntilMs, expiresAtMs } = fieldsOf(value);
  const areTexts = [id, linkKey, key, channel, personKey].every((each) => typeof each === 'string');
  const areTimes = typeof opensUntilMs === 'number' && typeof expiresAtMs === 'number';
  return areTexts && areTimes && isReference(reference);
}
