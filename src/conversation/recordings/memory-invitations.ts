import { LRUCache } from 'lru-cache';
import { atMost } from '../../at-most.ts';
import type { Clock } from '../../clock.ts';
import type { Ids } from '../../ids.ts';
import { type Invitation, type Invitations, invitationOf, placeOf } from './invitations.ts';

/** What invitations in memory need. */
export interface MemoryInvitationsOptions {
  readonly clock: Clock;
  readonly ids: Ids;
}

const MAX_INVITATIONS = 50_000;

/** Invitations in the memory of this process: bounded in number, the oldest leave first. */
export function createMemoryInvitations({ clock, ids }: MemoryInvitationsOptions): Invitations {
  /** By their places. */
  const kept = new LRUCache<string, Invitation>(atMost(MAX_INVITATIONS));
  const isExpired = ({ expiresAtMs }: Invitation) => clock.now() >= expiresAtMs;

  /** All hold for the same time, so the first made is the first to end. */
  function removeExpired(): void {
    for (const place of kept.rkeys()) {
      const oldest = kept.peek(place);
      if (oldest !== undefined && !isExpired(oldest)) return;
      kept.delete(place);
    }
  }

  /** `peek` does not count as use: what is oldest stays oldest. */
  function lookUp(id: string): Invitation | undefined {
    const invitation = kept.peek(placeOf(id));
    return invitation?.id === id ? invitation : undefined;
  }

  return {
    async create(guest) {
      removeExpired();
      const invitation = invitationOf(guest, ids, clock);
      kept.set(placeOf(invitation.id), invitation);
      return invitation;
    },
    async find(id) {
      const invitation = lookUp(id);
      return invitation === undefined || isExpired(invitation) ? undefined : invitation;
    },
    async take(id) {
      return lookUp(id) !== undefined && kept.delete(placeOf(id));
    },
    async forget(key) {
      for (const [place, invitation] of [...kept.entries()]) if (invitation.key === key) kept.delete(place);
    },
  };
}
