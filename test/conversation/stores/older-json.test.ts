import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { invitationOf } from '../../../src/conversation/invitations.ts';
import { readInvitation, writeInvitation } from '../../../src/conversation/stores/invitation-json.ts';
import { readPending, writePending } from '../../../src/conversation/stores/pending-json.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { guest } from './invitations-contract.ts';
import { saying } from './pending-contract.ts';

const withoutPerson = (stored: Buffer) => Buffer.from(stored.toString().replace(/"personKey":"(?:[^"\\]|\\.)*",/, ''));

describe('what a version wrote that knew no person key', () => {
  it('is read, and counts for its conversation', () => {
    const message = withoutPerson(writePending({ turn: saying('1'), acceptedAtMs: 1 }));
    assert.deepEqual(readPending(message)?.turn, saying('1', { personKey: 'msteams/a' }));

    const invitation = invitationOf(guest(), { id: 'id', linkKey: 'key' }, new ManualClock());
    const older = readInvitation(withoutPerson(writeInvitation(invitation)));
    assert.deepEqual(older, { ...invitation, personKey: 'msteams/a' });
  });
});
