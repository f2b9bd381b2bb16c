import type { Activity } from 'botbuilder';
import {
  type ClaimsIdentity,
  ToBotFromBotOrEmulatorTokenValidationParameters as ofEntraId,
} from 'botframework-connector';
import { fieldsOf } from '../json-access.ts';
import { channelOf } from './capabilities.ts';
import { capabilitiesIn, conversationKey } from './user-message.ts';

/** The sender of an activity, as far as the channel's service verifies it. Everything else in an activity is a claim. */
export interface VerifiedIdentity {
  /** The sender's id on the channel; `undefined` where it is only a claim. */
  readonly userId: string | undefined;
  /** The sender's id in Entra ID. */
  readonly aadObjectId: string | undefined;
  /** Every tenant that the activity names. */
  readonly tenantIds: readonly string[];
}

export interface VerificationSettings {
  /** Whether Direct Line's enhanced authentication is on, which binds ids that begin with `dl_` to the token. */
  readonly hasEnhancedAuthentication: boolean;
}

const NOBODY: VerifiedIdentity = { userId: undefined, aadObjectId: undefined, tenantIds: [] };

/** Reads the sender of an authenticated activity. `caller`: the claims of its token. */
export function verifiedIdentity(
  activity: Activity,
  caller: ClaimsIdentity,
  { hasEnhancedAuthentication }: VerificationSettings,
): VerifiedIdentity {
  if (!isFromService(caller)) return NOBODY;
  // Events may come without a sender.
  const { from, conversation, channelData }: Partial<Activity> = activity;
  switch (capabilitiesIn(activity).verifies) {
    case 'userAndTenant': {
      const tenantIds = [conversation?.tenantId, fieldsOf(fieldsOf(channelData)['tenant'])['id']];
      const { id: userId, aadObjectId } = from ?? {};
      return { userId, aadObjectId, tenantIds: tenantIds.filter((id) => typeof id === 'string') };
    }
    case 'user':
      return { ...NOBODY, userId: from?.id };
    case 'signedUser': {
      const isSigned = hasEnhancedAuthentication && from?.id?.startsWith('dl_');
      return isSigned ? { ...NOBODY, userId: from.id } : NOBODY;
    }
    case 'nothing':
      return NOBODY;
  }
}

/** Names the person across conversations; where the channel verifies nobody, the conversation, whose id the service sets. */
export function personKeyOf({ userId, aadObjectId }: VerifiedIdentity, activity: Activity): string {
  const id = aadObjectId ?? userId;
  return id === undefined ? conversationKey(activity) : JSON.stringify([channelOf(activity.channelId), id]);
}

/**
 * Whether a channel's service sent the activity. Without an app id nothing is signed. The Emulator's tokens come from Entra
 * ID: everyone who has the app's secret can request one and send an activity with any channel and any user.
 */
function isFromService(caller: ClaimsIdentity): boolean {
  const issuer = caller.getClaimValue('iss');
  return issuer !== null && ![ofEntraId.issuer].flat().includes(issuer);
}
