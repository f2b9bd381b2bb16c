import assert from 'node:assert/strict';
import type { ConversationStore } from '../../src/conversation/conversation-store.ts';
import type { Begun, TurnJob, TurnQueue } from '../../src/conversation/queue/turn-queue.ts';
import type { RecordingLinks } from '../../src/conversation/recordings/recording-links.ts';
import type { ConversationRecord } from '../../src/conversation/records.ts';
import type { UserMessage } from '../../src/conversation/user-message.ts';
import { saying } from './saying.ts';

/** What the contract suites are run on, empty. */
export interface TestEngine extends AsyncDisposable {
  readonly queue: TurnQueue;
  readonly conversations: ConversationStore;
  readonly recordingLinks: RecordingLinks;
  /** Lets messages wait, as many as may, each in a conversation of its own. */
  fill(waiting: WaitingMessages): Promise<void>;
}

/** Messages that only have to be there. */
export interface WaitingMessages {
  readonly count: number;
  /** Of people of their own whom a channel verifies, one each; else of nobody known. */
  readonly isVerified: boolean;
  /** What each holds. */
  readonly bytes?: number;
}

/** One turn that was handed out, until `end` is called. */
export interface HandedTurn {
  readonly job: TurnJob;
  readonly end: () => void;
}

/** The turns that a queue hands out, one by one. */
export class HandedTurns {
  /** The texts of all messages so far, in the order in which they were handed out. */
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

  /** Answers the next message as a turn does, with its text as the reply. Returns the message's text. */
  async answerNext(): Promise<string> {
    const { job, end } = await this.next();
    await begun(job);
    assert.notEqual(await job.save(said(job.message)), 'superseded');
    assert.equal(await job.complete(), true);
    end();
    return job.message.text;
  }
}

/** What a turn begins with that nobody has stopped or superseded. */
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

/** A message of one person in one conversation; its text is its id unless it is given. */
export function messageIn(key: string, id: string, fields: Partial<UserMessage> = {}): UserMessage {
  return saying(id, { key, text: id, attachments: [], ...fields });
}

/** A message that holds so much: a file in an address. */
export function bigMessageIn(key: string, id: string, bytes: number, fields: Partial<UserMessage> = {}): UserMessage {
  const file = { kind: 'file', url: 'x'.repeat(bytes), name: undefined, claimedType: '', fileType: undefined } as const;
  return messageIn(key, id, { attachments: [file], ...fields });
}

export function usersIn({ history }: ConversationRecord): readonly string[] {
  return history.map(({ user }) => user);
}

/** What an aborted signal says. */
export function reasonOf(signal: AbortSignal): unknown {
  return signal.aborted ? (signal.reason as { code?: unknown }).code : undefined;
}

/** Resolves when a signal is aborted, with the code of its reason. */
export async function aborted(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return reasonOf(signal);
}
