import { fieldsOf } from '../../json-access.ts';
import type { RecordingLink } from './recording-links.ts';

/** Reads a recording link from JSON; `undefined` for what no version of the bot has written. */
export function readRecordingLink(json: unknown): RecordingLink | undefined {
  return isRecordingLink(json) ? restored(json) : undefined;
}

/** Only what every version writes is asked for; the rest was written by us, and nobody else may write here. */
function isRecordingLink(value: unknown): value is RecordingLink {
  const { id, linkKey, key, channel, personKey, user, reference, opensUntilMs, expiresAtMs } = fieldsOf(value);
  const texts = [id, linkKey, key, channel, personKey, fieldsOf(user)['id']];
  const areTexts = texts.every((each) => typeof each === 'string');
  const areTimes = typeof opensUntilMs === 'number' && typeof expiresAtMs === 'number';
  const { activity, claims } = fieldsOf(reference);
  return areTexts && areTimes && typeof activity === 'object' && Array.isArray(claims);
}

/** JSON leaves out what is `undefined`. */
function restored(recordingLink: RecordingLink): RecordingLink {
  const { user, reference } = recordingLink;
  return {
    ...recordingLink,
    locale: recordingLink.locale,
    user: { ...user, name: user.name, aadObjectId: user.aadObjectId },
    // Older versions did not write it.
    personKey: recordingLink.personKey ?? recordingLink.key,
    reference: { ...reference, audience: reference.audience },
  };
}
