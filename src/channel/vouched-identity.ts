import type { Activity } from 'botbuilder';
import {
  type ClaimsIdentity,
  ToBotFromBotOrEmulatorTokenValidationParameters as ofEntraId,
} from 'botframework-connector';
import { fieldsOf } from '../json-access.ts';
import { capabilitiesOf, channelOf } from './capabilities.ts';
import { conversationKey, scopeOf } from './user-message.ts';

/** Who sent an activity, as far as the channel's service vouches for it. All else in an activity is a claim. */
export interface VouchedIdentity {
  /** The sender's id on the channel; `undefined` where nobody but the sender says so. */
  readonly userId: string | undefined;
  /** The sender's id in Entra ID. */
  readonly aadObjectId: string | undefined;
  /** Every tenant that the activity names. */
  readonly tenantIds: readonly string[];
}

/** What the bot was told of its channels. */
export interface VouchingSettings {
  /** Whether Direct Line's enhanced authentication is on, which holds ids that begin with `dl_` to the token. */
  readonly hasEnhancedAuthentication: boolean;
}

/** Events may come without a sender. */
type Sent = Pick<Activity, 'conversation' | 'channelId' | 'channelData'> & Partial<Pick<Activity, 'from'>>;

const NOBODY: VouchedIdentity = { userId: undefined, aadObjectId: undefined, tenantIds: [] };

/** Reads the sender of an authenticated activity. `caller` is what its token said. */
export function vouchedIdentity(
  activity: Activity,
  caller: ClaimsIdentity,
  { hasEnhancedAuthentication }: VouchingSettings,
): VouchedIdentity {
  if (!isFromService(caller)) return NOBODY;
  const { from, conversation, channelId, channelData }: Sent = activity;
  switch (capabilitiesOf(channelId, scopeOf(activity)).vouchesFor) {
    case 'userAndTenant': {
      const tenantIds = [conversation.tenantId, fieldsOf(fieldsOf(channelData)['tenant'])['id']];
      return {
        userId: from?.id,
        aadObjectId: from?.aadObjectId,
        tenantIds: tenantIds.filter((id) => typeof id === 'string'),
      };
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

/** Names the person across conversations; the conversation itself, whose id the service sets, where nobody is vouched for. */
export function personKeyOf({ userId, aadObjectId }: VouchedIdentity, activity: Activity): string {
  const id = aadObjectId ?? userId;
  return id === undefined ? conversationKey(activity) : JSON.stringify([channelOf(activity.channelId), id]);
}

/**
 * Whether a channel's service sent it. Without an app id nobody signs, and the tokens of the Emulator come from Entra ID:
 * whoever holds the app's secret makes them, with an activity that names any channel and any user.
 */
function isFromService(caller: ClaimsIdentity): boolean {
  const issuer = caller.getClaimValue('iss');
  return issuer !== null && ![ofEntraId.issuer].flat().includes(issuer);
}
