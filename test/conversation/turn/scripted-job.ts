import type { CompleteOptions, SaveResult, TurnJob, TurnStart } from '../../../src/conversation/queue/turn-queue.ts';
import { type ConversationRecord, EMPTY_RECORD } from '../../../src/conversation/records.ts';
import type { UserMessage } from '../../../src/conversation/user-message.ts';
import { StoreError, type TurnError } from '../../../src/errors.ts';

/** The error of an unavailable store. */
export const AWAY = new StoreError('store_unavailable', 'no answer');

interface JobScript {
  readonly record?: Partial<ConversationRecord>;
  readonly attempt?: number;
  readonly streamId?: string;
  readonly isTransferable?: boolean;
  readonly isRetry?: boolean;
  readonly isStopped?: boolean;
  readonly saves?: SaveResult | Error;
  /** Another attempt owns the turn, from the begin on or when it completes. */
  readonly isSuperseded?: boolean;
  readonly isSupersededAtEnd?: boolean;
}

/** One attempt at a message with scripted responses of the store; `diary` records the calls. */
export class ScriptedJob implements TurnJob {
  readonly id = 'turn-1';
  readonly acceptedAtMs = 0;
  readonly message: UserMessage;
  readonly isTransferable: boolean;
  readonly isRetry: boolean;
  readonly diary: string[];
  readonly #script: JobScript;
  readonly #stop = new AbortController();
  record: ConversationRecord;
  /** The option of its completion. */
  isDelivered: boolean | undefined;
  /** How often each call fails before it succeeds. */
  failures = 0;

  constructor(message: UserMessage, diary: string[], script: JobScript = {}) {
    this.message = message;
    this.diary = diary;
    this.#script = script;
    this.isTransferable = script.isTransferable ?? true;
    this.isRetry = script.isRetry ?? false;
    this.record = { ...EMPTY_RECORD, ...script.record };
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  abort(reason: TurnError): void {
    this.#stop.abort(reason);
  }

  async begin(): Promise<TurnStart> {
    this.#answer('begin');
    const { attempt = 1, streamId, isSuperseded, isStopped } = this.#script;
    if (isStopped) return { kind: 'stopped' };
    return isSuperseded ? { kind: 'superseded' } : { kind: 'begun', record: this.record, attempt, streamId };
  }

  async save(edit: (record: ConversationRecord) => ConversationRecord): Promise<SaveResult> {
    const saved = this.#script.saves ?? 'saved';
    if (saved instanceof Error) throw saved;
    if (saved === 'saved') this.record = edit(this.record);
    this.#answer(`save: ${saved}`);
    return saved;
  }

  async complete({ isDelivered = false }: CompleteOptions = {}): Promise<boolean> {
    this.#answer('complete');
    this.isDelivered = isDelivered;
    return !this.#script.isSuperseded && !this.#script.isSupersededAtEnd;
  }

  async deadLetter(): Promise<boolean> {
    this.#answer('dead letter');
    return true;
  }

  async release(): Promise<void> {
    this.#answer('release');
  }

  saveStreamId(streamId: string): void {
    this.diary.push(`stream ${streamId}`);
  }

  #answer(call: string): void {
    if (this.failures > 0) {
      this.failures--;
      throw AWAY;
    }
    this.diary.push(call);
  }
}
