import type { Pcm } from '../audio/pcm.ts';
import type { TurnError } from '../errors.ts';

/**
 * Why an answer is incomplete. `lost`: the connection, the session or the service failed after it had begun. `budget`: the
 * response after its calls would cost too much, so they were not run.
 */
export type CutShortReason = 'length' | 'filter' | 'cancelled' | 'lost' | 'budget';

/** How the model's part of a turn ended. */
export type Outcome =
  | { readonly kind: 'spoken'; readonly text: string; readonly pcm: Pcm }
  | { readonly kind: 'textOnly'; readonly text: string }
  /** The answer ends in calls that wait for the user's approval. The text before them is often empty. */
  | { readonly kind: 'needsApproval'; readonly text: string; readonly pcm: Pcm }
  | {
      readonly kind: 'cutShort';
      readonly text: string;
      readonly pcm: Pcm;
      readonly why: CutShortReason;
      /** Set for `lost`, for the log. */
      readonly error?: TurnError;
    }
  | { readonly kind: 'failed'; readonly error: TurnError };

/** How one response ended. `calledTools`: it ends in calls, which run or wait for the user. */
export type ResponseOutcome =
  | Exclude<Outcome, { readonly kind: 'needsApproval' }>
  | { readonly kind: 'calledTools'; readonly text: string; readonly pcm: Pcm };

export function errorOf(outcome: Outcome | ResponseOutcome): TurnError | undefined {
  return outcome.kind === 'failed' || outcome.kind === 'cutShort' ? outcome.error : undefined;
}
