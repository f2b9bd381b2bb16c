import type { Clock } from '../../clock.ts';
import type { Ids } from '../../ids.ts';
import type { Logger } from '../../log.ts';
import type { Blobs } from '../../storage/blobs.ts';
import { removeListed } from '../../storage/removal.ts';
import { FOLDERS } from '../../storage/storage.ts';
import { type Invitations, invitationOf } from '../invitations.ts';
import { conversationId } from '../names.ts';
import { readInvitation, writeInvitation } from './invitation-json.ts';

/** What invitations in blobs need. */
export interface BlobInvitationsOptions {
  /** The container of the state. */
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

/** Of a digest: 66 bits, for all invitations of a conversation to stand together. */
const CONVERSATION_CHARS = 11;
const ID = /^[A-Za-z0-9_-]{33}$/;
const JSON_TYPE = 'application/json';

/**
 * Invitations that all instances share: `invitations/<conversation>/<secret>`, and an id is both parts in one, as with
 * stored sound. Who takes one deletes its blob, which the store lets one alone do.
 */
export function createBlobInvitations({ blobs, clock, ids, log }: BlobInvitationsOptions): Invitations {
  return {
    async create(guest) {
      const id = conversationPart(guest.key) + ids.secret();
      const invitation = invitationOf(guest, { id, linkKey: ids.secret() }, clock);
      await blobs.write(nameOf(id), writeInvitation(invitation), { contentType: JSON_TYPE });
      return invitation;
    },
    async find(id) {
      if (!ID.test(id)) return undefined;
      const blob = await blobs.read(nameOf(id));
      if (blob === undefined || blob === 'unchanged') return undefined;
      const invitation = readInvitation(blob.body);
      if (invitation === undefined) log.error({ code: 'store_unreadable' }, 'a stored invitation cannot be read');
      return invitation !== undefined && clock.now() < invitation.expiresAtMs ? invitation : undefined;
    },
    async take(id) {
      return ID.test(id) && blobs.delete(nameOf(id));
    },
    async forget(key) {
      await removeListed(blobs, `${FOLDERS.invitations}${conversationPart(key)}/`);
    },
  };
}

function conversationPart(key: string): string {
  return conversationId(key).slice(0, CONVERSATION_CHARS);
}

function nameOf(id: string): string {
  return `${FOLDERS.invitations}${id.slice(0, CONVERSATION_CHARS)}/${id.slice(CONVERSATION_CHARS)}`;
}
