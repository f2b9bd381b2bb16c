import { apology, wordingFor } from '../messages/messages.ts';
import { untilStored } from './retry.ts';
import type { TurnDeps } from './turn-deps.ts';
import type { UserMessage } from './user-message.ts';

/** How often instances set out to answer a message. If the last of them ends over it, too, it is given up. */
export const MOST_TRIES = 3;

/** Tells the user that a message cannot be answered, and puts it aside for the operator. Never rejects. */
export async function giveUp(turn: UserMessage, deps: TurnDeps): Promise<void> {
  const { ids, later, pending, clock, drained } = deps;
  const incident = ids.incident();
  const log = deps.log.child({ incident });
  log.error('given up: no try to answer it has ended');
  const text = apology('internal', incident, wordingFor(turn.locale));
  try {
    await later(turn.reference)((sink) => sink.send({ text, audio: undefined }));
  } catch (err) {
    log.error({ err }, 'reply not sent');
  }
  await untilStored(() => pending.fail(turn), { clock, log, signal: drained }).catch((err: unknown) => {
    log.error({ err }, 'not put aside');
  });
}
