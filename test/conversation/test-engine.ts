import assert from 'node:assert/strict';
import type { ConversationStore } from '../../src/conversation/conversation-store.ts';
import type { Begun, TurnJob, TurnQueue } from '../../src/conversation/queue/turn-queue.ts';
import type { RecordingLinks } from '../../src/conversation/recordings/recording-links.ts';
import type { ConversationRecord } from '../../src/conversation/records.ts';
import type { UserMessage } from '../../src/conversation/user-message.ts';
import { saying } from './saying.ts';

/** An empty engine, on which the contract suites run. */
export interface TestEngine extends AsyncDisposable {
  readonly queue: TurnQueue;
  readonly conversations: ConversationStore;
  readonly recordingLinks: RecordingLinks;
  /** Fills the queue, with each message in a conversation of its own. */
  fill(waiting: WaitingMessages): Promise<void>;
}

/** Messages that only fill the queue. */
export interface WaitingMessages {
  readonly count: number;
  /** Whether each message has a verified user of its own; otherwise their users are unknown. */
  readonly isVerified: boolean;
  /** The size of each message. */
  readonly bytes?: number;
}

/** One dispatched turn that runs until `end` is called. */
export interface HandedTurn {
  readonly job: TurnJob;
  readonly end: () => void;
}

/** The turns that a queue dispatches, one by one. */
export class HandedTurns {
  /** The texts of all messages so far, in the order of dispatch. */
  readonly texts: string[] = [];
  readonly #turns: HandedTurn[] = [];
  readonly #waiting: ((turn: HandedTurn) => void)[] = [];

  constructor(queue: TurnQueue) {
    queue.start(
      (job) =>
        new Promise<void>((end) => {
          this.texts.push(job.message.text);
          const wanted = this.#waiting.shift();
          if (wanted === undefined) this.#turns.push({ job, end });
          else wanted({ job, end });
        }),
    );
  }

  next(): Promise<HandedTurn> {
    const turn = this.#turns.shift();
    return turn === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(turn);
  }

  /** Answers the next message like a turn, with its text as the reply. Returns the message's text. */
  async answerNext(): Promise<string> {
    const { job, end } = await this.next();
    await begun(job);
    assert.notEqual(await job.save(said(job.message)), 'superseded');
    assert.equal(await job.complete(), true);
    end();
    return job.message.text;
  }
}

/** The state at the start of a turn that is neither stopped nor superseded. */
export async function begun(job: TurnJob): Promise<Begun> {
  const start = await job.begin();
  return start.kind === 'begun' ? start : assert.fail(start.kind);
}

/** The edit of a turn that answers a message with its own text. */
export function said({ text, activityId }: UserMessage) {
  return (record: ConversationRecord): ConversationRecord => ({
    ...record,
    history: [...record.history, { user: text, assistant: text, activityId }],
  });
}

/** A message of one user in one conversation; its text is its id by default. */
export function messageIn(key: string, id: string, fields: Partial<UserMessage> = {}): UserMessage {
  return saying(id, { key, text: id, attachments: [], ...fields });
}

/** A message of this size: a file in a data URI. */
export function bigMessageIn(key: string, id: string, bytes: number, fields: Partial<UserMessage> = {}): UserMessage {
  const file = { kind: 'file', url: 'x'.repeat(bytes), name: undefined, claimedType: '' } as const;
  return messageIn(key, id, { attachments: [file], ...fields });
}

export function usersIn({ history }: ConversationRecord): readonly string[] {
  return history.map(({ user }) => user);
}

/** The reason of an aborted signal. */
export function reasonOf(signal: AbortSignal): unknown {
  return signal.aborted ? (signal.reason as { code?: unknown }).code : undefined;
}

/** Resolves when a signal is aborted, with the code of its reason. */
export async function aborted(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return reasonOf(signal);
}
