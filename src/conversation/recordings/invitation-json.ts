import { fieldsOf } from '../../fields.ts';
import type { Invitation } from './invitations.ts';

/** Reads an invitation from JSON; `undefined` for what no version of the bot has written. */
export function readInvitation(json: unknown): Invitation | undefined {
  return isInvitation(json) ? restored(json) : undefined;
}

/** Only what every version writes is asked for; the rest was written by us, and nobody else may write here. */
function isInvitation(value: unknown): value is Invitation {
  const { id, linkKey, key, channel, personKey, user, reference, opensUntilMs, expiresAtMs } = fieldsOf(value);
  const texts = [id, linkKey, key, channel, personKey, fieldsOf(user)['id']];
  const areTexts = texts.every((each) => typeof each === 'string');
  const areTimes = typeof opensUntilMs === 'number' && typeof expiresAtMs === 'number';
  const { activity, claims } = fieldsOf(reference);
  return areTexts && areTimes && typeof activity === 'object' && Array.isArray(claims);
}

/** JSON leaves out what is `undefined`. */
function restored(invitation: Invitation): Invitation {
  const { user, reference } = invitation;
  return {
    ...invitation,
    locale: invitation.locale,
    user: { ...user, name: user.name, aadObjectId: user.aadObjectId },
    // Older versions did not write it.
    personKey: invitation.personKey ?? invitation.key,
    reference: { ...reference, audience: reference.audience },
  };
}
