import type { SessionSettings } from '../config/config.ts';
import type { Logger } from '../log.ts';
import type { ContentPart } from './content.ts';
import type { DecidedCall, TurnFunctions } from './function-calls.ts';
import type { ServerEvent } from './server-event.ts';
import type { TranscriptionTracker } from './transcription-tracker.ts';

/**
 * Called with each event of the turn's responses, and with the events of the session until the last response has ended.
 * `transcription` already includes the event. Errors that the listener throws are logged.
 */
export type TurnListener = (event: ServerEvent, transcription: TranscriptionTracker) => void;

const OF_SESSION: ReadonlySet<ServerEvent['kind']> = new Set(['session', 'error', 'audioCommitted', 'transcript']);

/** Whether an event belongs to the session, whichever response runs. */
export function isOfSession({ kind }: ServerEvent): boolean {
  return OF_SESSION.has(kind);
}

/** The listener of a turn as the session calls it: an error in it ends nothing. */
export function safeListener(
  { onEvent }: TurnInput,
  transcription: TranscriptionTracker,
  log: Logger,
): (event: ServerEvent) => void {
  return (event) => {
    try {
      onEvent?.(event, transcription);
    } catch (err) {
      log.error({ err, event: event.kind }, 'listener of the turn failed');
    }
  };
}

/** What a session needs for one turn. */
export interface TurnInput {
  readonly turnId: string;
  /** May be empty if there are `parts` or `decided`. */
  readonly text: string;
  /** What the attachments hold, in their order. */
  readonly parts?: readonly ContentPart[];
  /** A call that the user has allowed or denied. Its result takes the place of the user's message. */
  readonly decided?: DecidedCall | undefined;
  /** Whether `decided` goes as a text, because the service has rejected the call. */
  readonly decidedAsText?: boolean;
  /** The conversation so far; used only if the session does not know it. */
  readonly history: string | undefined;
  /** Describes the people in the conversation; the first turn of a session adds it to the instructions. */
  readonly about?: string | undefined;
  /** Used only by the first turn of a session. Default: the settings of the session. */
  readonly settings?: SessionSettings;
  /** Default: none. */
  readonly functions?: TurnFunctions | undefined;
  /** Reserves the same response once more. Resolves with false if over budget or if the store cannot be reached. */
  readonly reserveRetry?: () => Promise<boolean>;
  /** Reserves the response that reads the outputs of `callCount` calls. Resolves as `reserveRetry`. */
  readonly reserveAfterCalls?: (callCount: number) => Promise<boolean>;
  readonly onEvent?: TurnListener;
  /** Default: the log of the session. */
  readonly log?: Logger;
}
