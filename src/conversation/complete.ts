import type { AudioStore } from '../audio/audio-store.ts';
import { type Clock, within } from '../clock.ts';
import { StoreError } from '../errors.ts';
import { wordingFor } from '../messages/messages.ts';
import { type Answer, ask } from './ask.ts';
import { giveUp, MOST_TRIES } from './give-up.ts';
import { messageId } from './keys.ts';
import type { Edit, Lease } from './lease.ts';
import type { ConversationRecord, UnsentReply } from './records.ts';
import type { Reply, ReplyAudio, ReplySink, Respond } from './reply.ts';
import { apologize, type TurnDeps } from './turn-deps.ts';
import type { UserMessage } from './user-message.ts';

/** The way of one message to its answer. */
export interface Way {
  readonly lease: Lease;
  readonly respond: Respond;
  /** Ends it early, with a TurnError as its reason. */
  readonly stopping: AbortSignal;
  /** The user was told that the store cannot be reached. */
  readonly isTold: boolean;
}

/**
 * How it ended: `answered`, now or before; `unsent`: the channel did not take the answer; or `left` to be answered by
 * whoever works on the conversation next.
 */
export interface Completion {
  readonly end: 'answered' | 'unsent' | 'left';
  /** What is still to be written of it. */
  readonly edit: Edit;
  readonly error?: unknown;
}

const SAME: Edit = (record) => record;

/**
 * Answers a message in a conversation that is taken. The reply is in the record before it is sent, so that nobody has to
 * make it a second time. Rejects when it could not be sent, or another instance has taken over.
 */
export async function complete(turn: UserMessage, way: Way, deps: TurnDeps): Promise<Completion> {
  const message = messageId(turn);
  const { answered, unsent, tries } = way.lease.record;
  if (answered.includes(message)) {
    deps.watch.ended('answeredBefore');
    return { end: 'answered', edit: SAME };
  }
  if (tries?.message === message && tries.count >= MOST_TRIES) {
    deps.watch.ended('failed', 'given_up');
    await giveUp(turn, deps);
    return { end: 'answered', edit: (record) => withAnswered(record, message) };
  }
  const isDone = unsent?.message === message ? await sendAgain(unsent, way, deps) : await answerAnew(turn, way, deps);
  if (!isDone) {
    deps.watch.ended('left');
    return { end: 'left', edit: SAME };
  }
  // Where nobody else reads the record, this process knows by itself what it has answered.
  return { end: 'answered', edit: deps.leases.isShared ? (record) => withAnswered(record, message) : SAME };
}

/** Channels deliver again within minutes. */
const MOST_ANSWERED = 48;

/** The record once the answer of a message is out. */
export function withAnswered(record: ConversationRecord, message: string): ConversationRecord {
  const others = record.answered.filter((each) => each !== message);
  const tries = record.tries?.message === message ? undefined : record.tries;
  return { ...record, answered: [...others, message].slice(-MOST_ANSWERED), unsent: undefined, tries };
}

/** Somebody set out to send it, and did not say that it was taken. */
async function sendAgain(
  unsent: UnsentReply,
  { respond }: Way,
  { log, audioStore, watch }: TurnDeps,
): Promise<boolean> {
  log.warn('sent again: whether it had arrived is not recorded');
  const audio = await audioOf(unsent, audioStore).catch(() => undefined);
  await watch.step('send', () => respond((sink) => sink.send({ ...unsent.reply, audio })));
  watch.ended('resent');
  return true;
}

async function audioOf({ audioId }: UnsentReply, audioStore: AudioStore): Promise<ReplyAudio | undefined> {
  const stored = audioId === undefined ? undefined : await audioStore.find(audioId);
  const wav = stored && (await audioStore.read(stored.id));
  return wav && { stored, wav, durationMs: stored.durationMs };
}

/** False when nothing was said, and somebody else is to answer. */
async function answerAnew(turn: UserMessage, way: Way, deps: TurnDeps): Promise<boolean> {
  const { lease, respond, stopping } = way;
  const { leases, watch } = deps;
  let late: Reply | undefined;
  let isLeft = false;
  await respond(async (sink) => {
    const stopActivity = sink.showActivity();
    try {
      const signal = leases.isShared ? AbortSignal.any([stopping, lease.ended]) : stopping;
      const asked = await ask(turn, lease.record, signal, sink, deps).catch((err: unknown): Answer => {
        watch.ended('failed', 'internal');
        return { reply: apologize(err, turn, deps), remembered: {}, isUndone: false };
      });
      isLeft = asked.isUndone && leases.isShared && !turn.isInBand;
      if (isLeft) return;
      const hasTold = await save(asked, turn, way, sink, deps);
      stopActivity();
      if (hasTold) late = asked.reply;
      else await watch.step('send', () => sink.send(asked.reply));
    } finally {
      stopActivity();
    }
  });
  const reply = late;
  if (reply !== undefined) await watch.step('send', () => respond((sink) => sink.send(reply)));
  return !isLeft;
}

/** True when it lasted so long that the user was told: the sink has ended with that. */
async function save(
  { reply, remembered }: Answer,
  turn: UserMessage,
  { lease, isTold }: Way,
  sink: ReplySink,
  { clock, log, drained, leases }: TurnDeps,
): Promise<boolean> {
  let telling: Promise<void> | undefined;
  const tell = () => {
    const text = wordingFor(turn.locale).storage.lasting;
    telling = sink.send({ text, audio: undefined, addsToShown: true });
    telling.catch((err: unknown) => log.warn({ err }, 'the user was not told'));
  };
  const onLasting = isTold || turn.isInBand ? undefined : tell;
  const unsent = leases.isShared ? toUnsent(turn, reply) : undefined;
  const edit: Edit = (record) => ({ ...record, ...remembered, unsent });
  // Not ended by the wish of the user: what was said so far is kept in any case.
  const saving = lease.save(edit, { clock, log, signal: drained, onLasting });
  if (turn.isInBand)
    await inBandTime(clock, saving).catch((err: unknown) => log.warn({ err }, 'what was said was not kept'));
  else await saving;
  await telling?.catch(() => {});
  return telling !== undefined;
}

/** A request that is open waits no longer for the store than it has to. */
const MOST_IN_BAND_WAIT_MS = 3_000;

/** Settles like `work`, or rejects when that takes too long for a request that is open. */
export function inBandTime(clock: Clock, work: Promise<void>): Promise<void> {
  const late = () => new StoreError('store_unavailable', `not done within ${MOST_IN_BAND_WAIT_MS} ms`);
  return within(clock, MOST_IN_BAND_WAIT_MS, work, late);
}

function toUnsent(turn: UserMessage, { audio, choice: _, invitation: __, ...reply }: Reply): UnsentReply {
  const audioId = audio?.stored?.id;
  return { message: messageId(turn), reply, ...(audioId === undefined ? {} : { audioId }) };
}
