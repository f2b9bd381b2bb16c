import assert from 'node:assert/strict';
import { Slots } from '../../src/attachments/slots.ts';
import { createMemoryLibrary } from '../../src/audio/library.ts';
import { FILE_BOUNDS } from '../../src/conversation/attached.ts';
import { Budgets } from '../../src/conversation/budgets.ts';
import { Conversations } from '../../src/conversation/conversations.ts';
import { Leases } from '../../src/conversation/leases.ts';
import type { RecordStore } from '../../src/conversation/record-store.ts';
import { Spending } from '../../src/conversation/spending.ts';
import { createMemoryInvitations } from '../../src/conversation/stores/memory-invitations.ts';
import { createMemoryPending } from '../../src/conversation/stores/memory-pending.ts';
import { createMemoryRecords } from '../../src/conversation/stores/memory-records.ts';
import type { Reply, Respond, UserTurn } from '../../src/conversation/turn.ts';
import type { AnswerDeps } from '../../src/conversation/turn-deps.ts';
import { TurnRate } from '../../src/conversation/turn-rate.ts';
import { randomIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { DEFAULT_PRICES } from '../../src/prices.ts';
import { SessionPool } from '../../src/realtime/pool.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import { type Answer, FakeModel, SETTINGS } from '../realtime/fake-model.ts';
import { unheardTelemetry } from '../support/telemetry.ts';

export const HOUR_MS = 3_600_000;

/** Conversations with a model without sockets. */
export function talk(answers: readonly Answer[] = [], more: Partial<AnswerDeps> & { records?: RecordStore } = {}) {
  const model = new FakeModel(answers);
  const { clock } = model;
  const logs: Record<string, unknown>[] = [];
  const open = (signal: AbortSignal) => RealtimeSession.open(model.sessionDeps, signal);
  const log = createLogger('debug', { write: (line: string) => void logs.push(JSON.parse(line)) });
  const pool = new SessionPool({ open, clock, idleMs: 300_000, maxSessions: 10, turnMs: 90_000 });
  const { records = createMemoryRecords({ clock, retentionMs: HOUR_MS }), ...others } = more;
  const deps: Omit<AnswerDeps, 'drained' | 'isHere'> = {
    pool,
    leases: new Leases({ records, clock, log, pool, isShared: false, instance: 'one', mostKnown: 10 }),
    pending: createMemoryPending({ clock }),
    later: () => () => assert.fail('nothing is taken over'),
    library: createMemoryLibrary({ maxBytes: 1_000_000, retentionMs: HOUR_MS, clock, ids: randomIds }),
    invitations: createMemoryInvitations({ clock, ids: randomIds }),
    wayToTalk: () => 'unreachable',
    clock,
    ids: randomIds,
    log,
    telemetry: unheardTelemetry(),
    readers: {
      clips: { decode: () => assert.fail('no clip was sent') },
      pictures: { read: () => assert.fail('no picture was sent') },
    },
    fetchFile: () => assert.fail('no file was sent'),
    fileSlots: new Slots(FILE_BOUNDS),
    random: () => 0,
    settings: SETTINGS,
    historyTurns: 40,
    turnTimeoutMs: 90_000,
    rate: new TurnRate(clock, undefined),
    spending: new Spending(new Budgets({ clock, dayUsd: undefined, conversationUsd: undefined }), DEFAULT_PRICES, 'x'),
    ...others,
  };
  return { conversations: new Conversations(deps), model, clock, logs };
}

let count = 0;

export function turn(text: string, fields: Partial<UserTurn> = {}): UserTurn {
  return {
    key: 'emulator/a',
    activityId: `activity-${++count}`,
    channel: 'emulator',
    scope: 'personal',
    user: { id: 'user-1', name: 'Ada', aadObjectId: undefined },
    personKey: 'emulator/a',
    isAllowed: true,
    locale: undefined,
    isInBand: false,
    text,
    attachments: [],
    reference: { activity: {}, claims: [], audience: undefined },
    ...fields,
  };
}

/** A way back that keeps what is sent; `refuse` makes sends fail. */
export function wayBack({ refuse }: { refuse?: Error } = {}) {
  const diary: string[] = [];
  const replies: Reply[] = [];
  const respond: Respond = (work) =>
    work({
      showActivity() {
        diary.push('shows activity');
        return () => void diary.push('stops');
      },
      showText() {},
      stopped: new AbortController().signal,
      async send(reply) {
        diary.push(`sends ${reply.text}`);
        if (refuse !== undefined) throw refuse;
        replies.push(reply);
      },
    });
  return { diary, replies, respond };
}

/** Takes a message and waits until its answer is out. */
export async function say(conversations: Conversations, userTurn: UserTurn, respond: Respond): Promise<void> {
  const accepted = await conversations.accept(userTurn, respond);
  assert.ok(accepted.kind === 'accepted', accepted.kind);
  await accepted.done;
}
