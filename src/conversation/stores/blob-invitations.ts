import type { Clock } from '../../clock.ts';
import type { Ids } from '../../ids.ts';
import type { Logger } from '../../log.ts';
import type { Blobs } from '../../storage/blobs.ts';
import { removeListed, removeOne } from '../../storage/removal.ts';
import { FOLDERS } from '../../storage/storage.ts';
import { readInvitation, writeInvitation } from '../recordings/invitation-json.ts';
import { type Invitation, type Invitations, invitationOf, placeOf, placesIn } from '../recordings/invitations.ts';

/** What invitations in blobs need. */
export interface BlobInvitationsOptions {
  /** The container of the state. */
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

const ID = /^[A-Za-z0-9_-]{33}$/;
const JSON_TYPE = 'application/json';

/**
 * Invitations that all instances share: `invitations/<conversation>/<person>`, so that a new one takes the place of the
 * last. Who takes one deletes its blob, which the store lets one alone do.
 */
export function createBlobInvitations({ blobs, clock, ids, log }: BlobInvitationsOptions): Invitations {
  /** With the tag of its blob. */
  async function lookUp(id: string): Promise<{ invitation: Invitation; tag: string } | undefined> {
    if (!ID.test(id)) return undefined;
    const blob = await blobs.read(nameOf(id));
    if (blob === undefined || blob === 'unchanged') return undefined;
    const invitation = readInvitation(blob.body);
    if (invitation === undefined) log.error({ code: 'store_unreadable' }, 'a stored invitation cannot be read');
    return invitation?.id === id ? { invitation, tag: blob.tag } : undefined;
  }

  return {
    async create(guest) {
      const invitation = invitationOf(guest, ids, clock);
      await blobs.write(nameOf(invitation.id), writeInvitation(invitation), { contentType: JSON_TYPE });
      return invitation;
    },
    async find(id) {
      const { invitation } = (await lookUp(id)) ?? {};
      return invitation !== undefined && clock.now() < invitation.expiresAtMs ? invitation : undefined;
    },
    async take(id) {
      const found = await lookUp(id);
      return found !== undefined && removeOne(blobs, { name: nameOf(id), tag: found.tag });
    },
    async forget(key) {
      await removeListed(blobs, `${FOLDERS.invitations}${placesIn(key)}`);
    },
  };
}

function nameOf(id: string): string {
  return `${FOLDERS.invitations}${placeOf(id)}`;
}
