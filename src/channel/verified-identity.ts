import type { Activity } from 'botbuilder';
import {
  type ClaimsIdentity,
  ToBotFromBotOrEmulatorTokenValidationParameters as emulatorTokenParameters,
} from 'botframework-connector';
import type { Config } from '../config/config.ts';
import { includesAnyId } from '../config/listed-ids.ts';
import { fieldsOf } from '../json-access.ts';
import { channelOf } from './capabilities.ts';
import { type Author, capabilitiesIn, conversationKey } from './user-message.ts';

/**
 * The author of an activity, as far as the channel's service verifies it. Everything else in an activity is a claim.
 */
export interface VerifiedIdentity {
  /** The author's id on the channel; `undefined` where it is only a claim. */
  readonly userId: string | undefined;
  /** The author's id in Entra ID. */
  readonly aadObjectId: string | undefined;
  /** Every tenant that the activity names. */
  readonly tenantIds: readonly string[];
}

/**
 * Who may use the bot: empty lists allow everybody. Users are listed by their id on the channel or in Entra ID. With
 * Direct Line's enhanced authentication, ids that begin with `dl_` are bound to the token.
 */
export type AccessSettings = Pick<Config, 'allowedTenants' | 'allowedUsers' | 'directLineEnhancedAuthentication'>;

const NOBODY: VerifiedIdentity = { userId: undefined, aadObjectId: undefined, tenantIds: [] };

/** Reads the author of an authenticated activity. `claims`: of its token. */
export function verifiedIdentity(
  activity: Activity,
  claims: ClaimsIdentity,
  { directLineEnhancedAuthentication }: Pick<AccessSettings, 'directLineEnhancedAuthentication'>,
): VerifiedIdentity {
  if (!isFromService(claims)) return NOBODY;
  // Events may come without an author.
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
      const isSigned = directLineEnhancedAuthentication && from?.id?.startsWith('dl_');
      return isSigned ? { ...NOBODY, userId: from.id } : NOBODY;
    }
    case 'nothing':
      return NOBODY;
  }
}

/**
 * Names the person across conversations; where the channel verifies nobody, the conversation, whose id the service
 * sets.
 */
export function personKeyOf({ userId, aadObjectId }: VerifiedIdentity, activity: Activity): string {
  const id = aadObjectId ?? userId;
  return id === undefined ? conversationKey(activity) : JSON.stringify([channelOf(activity.channelId), id]);
}

/**
 * Whether a channel's service sent the activity. Without an app id nothing is signed. The Emulator's tokens come from
 * Entra ID: everyone who has the app's secret can request one and send an activity with any channel and any user.
 */
function isFromService(claims: ClaimsIdentity): boolean {
  const issuer = claims.getClaimValue('iss');
  return issuer !== null && ![emulatorTokenParameters.issuer].flat().includes(issuer);
}

/** The author of an authenticated activity, and whether they may use the bot. */
export function authorOf(activity: Activity, claims: ClaimsIdentity, access: AccessSettings): Author {
  const identity = verifiedIdentity(activity, claims, access);
  return {
    isAllowed: isAllowed(identity, access),
    personKey: personKeyOf(identity, activity),
    verifiedIds: [identity.userId, identity.aadObjectId].filter((id) => id !== undefined),
  };
}

type AllowList = Pick<AccessSettings, 'allowedTenants' | 'allowedUsers'>;

/**
 * Whether this author may use the bot. If both lists are given, both hold. Where the channel verifies nothing, a list
 * admits nobody.
 */
export function isAllowed(author: VerifiedIdentity, { allowedTenants, allowedUsers }: AllowList): boolean {
  // Anonymous guests of a meeting have no account in Entra ID, though they write in a conversation of the tenant.
  // Guests with an account of another tenant are allowed.
  const hasAccount = allowedTenants.length === 0 || author.aadObjectId !== undefined;
  const { userId, aadObjectId } = author;
  const isUserAllowed = allowedUsers.length === 0 || includesAnyId(allowedUsers, [userId, aadObjectId]);
  return hasAccount && areTenantsAllowed(author, allowedTenants) && isUserAllowed;
}

/** Whether the bot greets a conversation: its tenant is allowed, and its channel verifies users if users are listed. */
export function isGreeted(author: VerifiedIdentity, { allowedTenants, allowedUsers }: AllowList): boolean {
  return areTenantsAllowed(author, allowedTenants) && (allowedUsers.length === 0 || author.userId !== undefined);
}

/** If the fields of an activity name different tenants, every one of them has to be listed. */
function areTenantsAllowed({ tenantIds }: VerifiedIdentity, list: readonly string[]): boolean {
  return list.length === 0 || (tenantIds.length > 0 && tenantIds.every((id) => includesAnyId(list, [id])));
}
