import { type Pcm, toPcm } from '../audio/pcm.ts';
import { TurnError } from '../errors.ts';
import { paragraphs } from '../paragraphs.ts';
import type { FunctionCall } from './server-event.ts';

/** The text and audio of an answer, or of the part that has arrived. */
export interface Said {
  readonly text: string;
  readonly pcm: Pcm;
}

/**
 * Why an answer is incomplete. `lost`: the connection, the session or the service failed after it had begun. `budget`:
 * the response after its calls would cost too much, so they were not run.
 */
export type CutShortReason = 'length' | 'filter' | 'cancelled' | 'lost' | 'budget';

/** How the model's part of a turn ended. */
export type Outcome =
  | ({ readonly kind: 'spoken' } & Said)
  | { readonly kind: 'textOnly'; readonly text: string }
  /** The answer ends in calls that wait for the user's approval. The text before them is often empty. */
  | ({ readonly kind: 'needsApproval' } & Said)
  /** `error` is set for `lost`, for the log. */
  | ({ readonly kind: 'cutShort'; readonly why: CutShortReason; readonly error?: TurnError } & Said)
  | { readonly kind: 'failed'; readonly error: TurnError };

/** An outcome that does not end in calls. */
type EndedOutcome = Exclude<Outcome, { readonly kind: 'needsApproval' }>;

/** How one response ended. `calledTools`: it ends in calls, which run or wait for the user. */
export type ResponseOutcome =
  | EndedOutcome
  | ({ readonly kind: 'calledTools'; readonly calls: readonly FunctionCall[] } & Said);

export function errorOf(outcome: Outcome | ResponseOutcome): TurnError | undefined {
  return outcome.kind === 'failed' || outcome.kind === 'cutShort' ? outcome.error : undefined;
}

const NOTHING: Said = { text: '', pcm: { chunks: [], byteLength: 0 } };

function saidIn(outcome: ResponseOutcome): Said {
  if (outcome.kind === 'failed') return NOTHING;
  return { text: outcome.text, pcm: outcome.kind === 'textOnly' ? NOTHING.pcm : outcome.pcm };
}

/** The outcome of a complete answer; of an empty one, an error with the message `ifEmpty`. */
export function completed({ text, pcm }: Said, ifEmpty = 'the response has neither text nor audio'): EndedOutcome {
  if (pcm.byteLength > 0) return { kind: 'spoken', text, pcm };
  return text === '' ? { kind: 'failed', error: new TurnError('empty_response', ifEmpty) } : { kind: 'textOnly', text };
}

/** The outcome of an answer that `reason` has ended early. What had been said is delivered. */
export function endedBy(reason: unknown, { text, pcm } = NOTHING): EndedOutcome {
  const isTyped = reason instanceof TurnError;
  const error = isTyped ? reason : new TurnError('internal', 'the turn failed unexpectedly', { cause: reason });
  if (error.code === 'cancelled') return { kind: 'cutShort', text, pcm, why: 'cancelled' };
  const isSilent = text === '' && pcm.byteLength === 0;
  return isSilent ? { kind: 'failed', error } : { kind: 'cutShort', text, pcm, why: 'lost', error };
}

/** Joins two responses of one turn: their text and audio in order. */
export function joinedOutcomes(before: ResponseOutcome, after: ResponseOutcome): ResponseOutcome {
  const [first, second] = [saidIn(before), saidIn(after)];
  // Half a sample at the end of one response would shift every sample of the next.
  const pcm = toPcm([...first.pcm.chunks, ...second.pcm.chunks]);
  const said = { text: paragraphs(first.text, second.text), pcm };
  switch (after.kind) {
    case 'spoken':
    case 'textOnly':
      return completed(said);
    case 'calledTools':
    case 'cutShort':
      return { ...after, ...said };
    case 'failed':
      return endedBy(after.error, said);
  }
}

/** Whether the content of the session equals what the user got. */
export function isMemoryExact(outcome: ResponseOutcome): boolean {
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
    case 'calledTools':
      return true;
    case 'cutShort':
      return outcome.why === 'length';
    case 'failed':
      return false;
  }
}
