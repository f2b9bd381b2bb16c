import assert from 'node:assert/strict';
import { Semaphore } from '../../src/attachments/semaphore.ts';
import { createMemoryAudioStore } from '../../src/audio/memory-audio-store.ts';
import type { Clock } from '../../src/clock.ts';
import type { Acceptance } from '../../src/conversation/acceptance.ts';
import { Conversations } from '../../src/conversation/conversations.ts';
import { createMemorySpending } from '../../src/conversation/limits/memory-spending.ts';
import { Spending } from '../../src/conversation/limits/spending.ts';
import { TurnRate } from '../../src/conversation/limits/turn-rate.ts';
import { createMemoryStores } from '../../src/conversation/memory-stores.ts';
import type { TurnJob, TurnQueue } from '../../src/conversation/queue/turn-queue.ts';
import type { Reply, ReplySender, WithReplySender } from '../../src/conversation/reply.ts';
import type { Services } from '../../src/conversation/services.ts';
import { FILE_BOUNDS } from '../../src/conversation/turn/read-attachments.ts';
import type { UserMessage } from '../../src/conversation/user-message.ts';
import { randomIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { DEFAULT_PRICES } from '../../src/prices.ts';
import { SessionPool } from '../../src/realtime/pool.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import { createMemoryAudit } from '../../src/tools/memory-audit.ts';
import { Tools } from '../../src/tools/tools.ts';
import { type Answer, FakeModel, SETTINGS } from '../realtime/fake-model.ts';
import { silentTelemetry } from '../support/silent-telemetry.ts';

const NO_TOOLS = {
  ...{ loadOwnTools: async () => [], openServers: async () => [], documents: undefined },
  log: createLogger('silent'),
};

export const HOUR_MS = 3_600_000;

/** The reply routes by message id. */
const ways = new Map<string, WithReplySender>();
/** Called when the turn of a message has ended. */
const onEnded = new Map<string, () => void>();

/** The queue, whose jobs a test may change. */
function observed(queue: TurnQueue, jobOf: (job: TurnJob) => TurnJob): TurnQueue {
  return {
    add: (message) => queue.add(message),
    hasRoom: (message) => queue.hasRoom(message),
    hasTurn: (message) => queue.hasTurn(message),
    start: (run) => queue.start((job) => run(jobOf(job)).finally(() => onEnded.get(job.message.activityId)?.())),
    drain: (graceMs, dismiss) => queue.drain(graceMs, dismiss),
  };
}

/** Conversations with a model without sockets. */
export function talk(answers: readonly Answer[] = [], more: { clock?: Clock; jobOf?: (job: TurnJob) => TurnJob } = {}) {
  const model = new FakeModel(answers);
  const { clock = model.clock, jobOf = (job) => job } = more;
  const logs: Record<string, unknown>[] = [];
  const open = (signal: AbortSignal) => RealtimeSession.open(model.sessionDeps, signal);
  const log = createLogger('debug', { write: (line: string) => void logs.push(JSON.parse(line)) });
  const engine = createMemoryStores({ clock, ids: randomIds, recordRetentionMs: HOUR_MS });
  const budgets = { dayUsd: undefined, personUsd: undefined, conversationUsd: undefined };
  const prices = DEFAULT_PRICES;
  const services: Services = {
    queue: observed(engine.queue, jobOf),
    conversationStore: engine.conversationStore,
    approvalStore: engine.approvalStore,
    recordingLinks: engine.recordingLinks,
    tools: new Tools(NO_TOOLS),
    toolApprovers: [],
    audit: createMemoryAudit(),
    audioStore: createMemoryAudioStore({ maxBytes: 1_000_000, retentionMs: HOUR_MS, clock, ids: randomIds }),
    spending: new Spending({ store: createMemorySpending(clock), budgets, prices, model: 'x', log }),
    rate: new TurnRate(clock, { turnsPerMinute: undefined }),
    sessions: new SessionPool({ open, clock, idleMs: 300_000, maxSessions: 10, turnMs: 90_000 }),
    files: {
      readers: {
        clips: { decode: () => assert.fail('no clip was sent') },
        pictures: { read: () => assert.fail('no picture was sent') },
      },
      fetch: () => assert.fail('no file was sent'),
      semaphore: new Semaphore(FILE_BOUNDS),
    },
    channel: {
      byChannelCall: ({ activity }) => ways.get(String(activity['id'])) ?? assert.fail('no way back'),
      recordingAccess: () => 'unreachable' as const,
      showsCards: () => false,
    },
    settings: SETTINGS,
    historyTurns: 40,
    turnTimeoutMs: 90_000,
    telemetry: silentTelemetry(),
    clock,
    ids: randomIds,
    log,
    random: () => 0,
  };
  const conversations = new Conversations(services);
  conversations.start();
  return { conversations, services, model, clock: model.clock, logs };
}

let count = 0;

/** A message of one user. */
export function turn(text: string, fields: Partial<UserMessage> = {}): UserMessage {
  const activityId = `activity-${++count}`;
  return {
    key: 'emulator/a',
    activityId,
    channel: 'emulator',
    scope: 'personal',
    user: { id: 'user-1', name: 'Ada' },
    personKey: 'emulator/a',
    isAllowed: true,
    locale: undefined,
    expectsReplies: false,
    text,
    attachments: [],
    reference: { activity: { id: activityId }, claims: [], audience: undefined },
    ...fields,
  };
}

/** A reply route that records what is sent; `refuse` makes sends fail. `shows`: its channel supports streams. */
export function wayBack({ refuse, shows = false }: { refuse?: Error; shows?: boolean } = {}) {
  const diary: string[] = [];
  const replies: Reply[] = [];
  const sender: ReplySender & { mayHaveBeenSeen: boolean } = {
    showActivity() {
      diary.push('shows activity');
    },
    showProgress(text) {
      diary.push(`shows progress: ${text}`);
    },
    showsText: shows,
    showText() {
      if (shows) sender.mayHaveBeenSeen = true;
    },
    mayHaveBeenSeen: false,
    stopped: new AbortController().signal,
    abandon() {
      diary.push('abandons');
    },
    async notify(text) {
      diary.push(`notifies ${text}`);
    },
    async send(reply) {
      diary.push(`sends ${reply.text}`);
      if (refuse !== undefined) throw refuse;
      replies.push(reply);
    },
  };
  const withReplySender: WithReplySender = (work) => work(sender);
  return { diary, replies, sender, withReplySender };
}

export const bound = (job: TurnJob, name: string | symbol) => {
  const value: unknown = Reflect.get(job, name, job);
  return typeof value === 'function' ? value.bind(job) : value;
};

/** Receives a message and waits until its turn has ended. */
export async function say(
  conversations: Conversations,
  message: UserMessage,
  withReplySender: WithReplySender,
): Promise<void> {
  ways.set(message.activityId, withReplySender);
  const ended = new Promise<void>((resolve) => onEnded.set(message.activityId, resolve));
  const accepted = await conversations.accept(message, withReplySender);
  assert.ok(accepted.kind === 'accepted', accepted.kind);
  await ended;
}

/** Waits for everything that follows from it, too. */
export async function done(accepting: Promise<Acceptance>): Promise<void> {
  const accepted = await accepting;
  if (accepted.kind === 'accepted') await accepted.done;
}
