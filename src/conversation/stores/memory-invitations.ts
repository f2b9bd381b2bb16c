import { LRUCache } from 'lru-cache';
import { atMost } from '../../at-most.ts';
import type { Clock } from '../../clock.ts';
import type { Ids } from '../../ids.ts';
import { type Invitation, type Invitations, invitationOf } from '../invitations.ts';

/** What invitations in memory need. */
export interface MemoryInvitationsOptions {
  readonly clock: Clock;
  readonly ids: Ids;
}

const MOST_INVITATIONS = 50_000;

/** Invitations in the memory of this process: bounded in number, the oldest leave first. */
export function createMemoryInvitations({ clock, ids }: MemoryInvitationsOptions): Invitations {
  const kept = new LRUCache<string, Invitation>(atMost(MOST_INVITATIONS));
  const isExpired = ({ expiresAtMs }: Invitation) => clock.now() >= expiresAtMs;

  /** All hold for the same time, so the first made is the first to end. */
  function removeExpired(): void {
    for (const id of kept.rkeys()) {
      const oldest = kept.peek(id);
      if (oldest !== undefined && !isExpired(oldest)) return;
      kept.delete(id);
    }
  }

  return {
    async create(guest) {
      removeExpired();
      const invitation = invitationOf(guest, { id: ids.secret(), linkKey: ids.secret() }, clock);
      kept.set(invitation.id, invitation);
      return invitation;
    },
    async find(id) {
      // `peek` does not count as use: what is oldest stays oldest.
      const invitation = kept.peek(id);
      return invitation === undefined || isExpired(invitation) ? undefined : invitation;
    },
    async take(id) {
      return kept.delete(id);
    },
    async forget(key) {
      for (const [id, invitation] of [...kept.entries()]) if (invitation.key === key) kept.delete(id);
    },
  };
}
