import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditEntry, AuditEvent, AuditStore } from '../../src/tools/audit.ts';

/** An empty audit. */
export interface TestAudit extends AsyncDisposable {
  readonly audit: AuditStore;
}

const entryOf = (event: AuditEvent, fields: Partial<AuditEntry> = {}): AuditEntry => ({
  atMs: 1_800_000_000_000,
  event,
  turnId: 'turn',
  conversation: 'c',
  asker: 'ada',
  decider: 'bob',
  tool: 't',
  origin: 'o',
  argumentsHash: 'h',
  ...fields,
});

/** The contract of every audit. */
export function describeAudit(name: string, open: () => Promise<TestAudit>): void {
  describe(`the audit in ${name}`, () => {
    it('loses the names of people with their conversation, also in what its running turn records later', async () => {
      await using store = await open();
      const { audit } = store;
      await audit.append(entryOf('began'));
      await audit.append(entryOf('began', { turnId: 'other', conversation: 'd' }));
      for (let times = 0; times < 2; times++) await audit.removeNames('c');
      await audit.append(entryOf('unknown'));
      const linesOf = async (turnId: string) =>
        (await audit.ofTurn(turnId)).map(({ event, conversation, asker, decider }) => ({
          ...{ event, isNamed: conversation !== '' && asker !== '' && decider !== undefined },
          isNameless: conversation === '' && asker === '' && decider === undefined,
        }));
      const nameless = { isNamed: false, isNameless: true };
      assert.deepEqual(await linesOf('turn'), [
        { event: 'began', ...nameless },
        { event: 'unknown', ...nameless },
      ]);
      await audit.append(entryOf('began', { turnId: 'later' }));
      for (const turnId of ['other', 'later'])
        assert.deepEqual(await linesOf(turnId), [{ event: 'began', isNamed: true, isNameless: false }]);
    });
  });
}
