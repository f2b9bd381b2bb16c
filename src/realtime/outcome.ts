import type { Pcm } from '../audio/pcm.ts';
import type { TurnError } from '../errors.ts';

/** Why an answer ends before its end. `lost`: the connection, the session or the service broke after it had begun. */
export type CutShortReason = 'length' | 'filter' | 'cancelled' | 'lost';

/** How a turn ended: exactly one of these, always. */
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
      /** What broke, where something did: for the log. */
      readonly error?: TurnError;
    }
  | { readonly kind: 'failed'; readonly error: TurnError };

/** What broke, where something did. */
export function errorOf(outcome: Outcome): TurnError | undefined {
  return outcome.kind === 'failed' || outcome.kind === 'cutShort' ? outcome.error : undefined;
}
