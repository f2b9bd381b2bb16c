import type { Pcm } from '../audio/pcm.ts';
import type { TurnError } from '../errors.ts';

/** Why an answer is incomplete. `lost`: the connection, the session or the service failed after it had begun. */
export type CutShortReason = 'length' | 'filter' | 'cancelled' | 'lost';

/** How the model's part of a turn ended. */
export type Outcome =
  | { readonly kind: 'spoken'; readonly text: string; readonly pcm: Pcm }
  | { readonly kind: 'textOnly'; readonly text: string }
  /** It ends in calls that wait for the user; what was said before them is often nothing. */
  | { readonly kind: 'needsApproval'; readonly text: string; readonly pcm: Pcm }
  | {
      readonly kind: 'cutShort';
      readonly text: string;
      readonly pcm: Pcm;
      readonly why: CutShortReason;
      /** Of `lost`, for the log. */
      readonly error?: TurnError;
    }
  | { readonly kind: 'failed'; readonly error: TurnError };

export function errorOf(outcome: Outcome): TurnError | undefined {
  return outcome.kind === 'failed' || outcome.kind === 'cutShort' ? outcome.error : undefined;
}
