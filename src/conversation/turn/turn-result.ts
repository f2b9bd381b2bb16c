import type { ModelResult } from '../../realtime/model-result.ts';
import type { CallResult } from '../../tools/tool-call.ts';
import type { Approval } from '../approvals/approval.ts';
import type { OverBudget } from '../limits/spending-store.ts';
import type { Reply } from '../reply.ts';

/** What the turn got from the model: its result, the calls, what was shown. */
export interface ModelAnswer {
  readonly modelResult: ModelResult;
  /**
   * What is shown above the answer, and stays: may be empty. `undefined`: nothing of the answer is shown, nor will be
   * before the reply, so that a heading can still be added.
   */
  readonly shownHeading: string | undefined;
  /** What the model has called, in order. */
  readonly calls: readonly CallResult[];
  /** The calls that wait for the user's approval. */
  readonly approvals: readonly Approval[];
  /** The budget that did not allow another response. */
  readonly exceeded: OverBudget | undefined;
}

/** Why the model was not asked. */
export type RefusalReason =
  | 'notAllowed'
  | 'textMissing'
  | 'textTooLong'
  | 'tooFast'
  | 'unreadable'
  | 'approvalGone'
  | 'toolUnlisted'
  | OverBudget['budget'];

/** A message that is refused. */
export interface RefusedMessage {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  /** Tells the user why. */
  readonly reply: Reply;
  /** The budget that is exceeded, and by how much; `undefined` for other reasons. */
  readonly over?: OverBudget;
}

export function refusal(reason: RefusalReason, text: string): RefusedMessage {
  return { kind: 'refused', reason, reply: { text } };
}

/** How a turn ended. */
export type TurnResult =
  /** Its reply was delivered, also one that says that the model failed. */
  | { readonly kind: 'answered'; readonly modelResult: ModelResult }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly over?: OverBudget }
  /** A saved reply was delivered after a crash. */
  | { readonly kind: 'resent' }
  | { readonly kind: 'answeredBefore' }
  /** The channel rejected the reply. `gone`: the conversation does not exist any more, or the bot is blocked. */
  | { readonly kind: 'unsent' | 'gone'; readonly error: unknown }
  /** It ended before it had a reply, by an error or a shutdown; the user got an apology. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Every attempt crashed the process; the user got an apology, and an operator finds the message. */
  | { readonly kind: 'deadLettered' }
  /** `/stop` or `/forget` ended it before the model was asked. */
  | { readonly kind: 'cancelled' }
  /** This process ends; another attempt follows. */
  | { readonly kind: 'released' }
  /** Another attempt has the turn: nothing was delivered. */
  | { readonly kind: 'superseded' };
