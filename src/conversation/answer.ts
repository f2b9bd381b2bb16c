import { TurnError } from '../errors.ts';
import { wordingFor } from '../messages/messages.ts';
import { type Completion, inBandTime } from './complete.ts';
import { messageId } from './keys.ts';
import type { Lease } from './lease.ts';
import type { TurnRate } from './limits/turn-rate.ts';
import { answerOlder } from './older.ts';
import type { PendingEntry } from './pending-store.ts';
import type { Reply, Respond } from './reply.ts';
import { untilStored } from './retry.ts';
import { type AnswerDeps, apologize, type TurnDeps, withTurn } from './turn-deps.ts';
import type { UserMessage } from './user-message.ts';
import { refusalOf } from './validate-message.ts';
import { dismissMessage, whileKept } from './while-kept.ts';

/** A message whose turn it is. */
export interface Task {
  readonly turn: UserMessage;
  readonly respond: Respond;
  /** When it was accepted, by the clock of the instance that did. */
  readonly acceptedAtMs: number;
  /** Ends it early, with a TurnError as its reason. */
  readonly stopping: AbortSignal;
  /** Behind others: in that time it may have been stopped, or others accepted, by way of another instance. */
  readonly hasWaited: boolean;
}

/**
 * Answers one turn: takes its conversation, asks the model, keeps what was said, sends the reply. Rejects when it could
 * not be sent.
 */
export async function answer(task: Task, answerDeps: AnswerDeps): Promise<void> {
  const { turn, respond } = task;
  const deps = withTurn(turn, answerDeps);
  const { log, pending, clock, drained } = deps;
  const quick = unanswerable(turn, deps.rate);
  if (quick === undefined) return watched(task, deps);
  if (!turn.isAllowed) log.info({ person: vouchedPerson(turn) }, 'not in ALLOWED_USERS or ALLOWED_TENANTS');
  // Done before it is said: said again, by whoever takes it over, it would be worth less than it would annoy.
  if (!turn.isInBand) await untilStored(() => pending.finish(turn), { clock, log, signal: drained });
  await respond((sink) => sink.send(quick));
}

/** For the list of those who may: `undefined` where the channel vouches for nobody, and the conversation stands for them. */
function vouchedPerson({ personKey, key }: UserMessage): string | undefined {
  return personKey === key ? undefined : personKey;
}

async function watched(task: Task, deps: TurnDeps): Promise<void> {
  deps.watch.begin(task.acceptedAtMs);
  // Until more is known: whatever ends it early leaves it to whoever takes it over.
  if (deps.leases.isShared && !task.turn.isInBand) deps.watch.ended('left');
  try {
    await answerInTurn(task, deps);
  } finally {
    deps.watch.end();
  }
}

async function answerInTurn(task: Task, deps: TurnDeps): Promise<void> {
  const { turn, respond, stopping } = task;
  const { leases, log, pending, spending } = deps;
  let isTold = false;
  const giveUp = new AbortController();
  const tell = () => {
    // Its request is open, and nobody else can answer it.
    if (turn.isInBand) return giveUp.abort(new TurnError('internal', 'the store cannot be reached'));
    isTold = true;
    const notice = { text: wordingFor(turn.locale).storage.lasting, audio: undefined };
    respond((sink) => sink.send(notice)).catch((err: unknown) => log.warn({ err }, 'the user was not told'));
  };
  // At the same time as the conversation is taken, so that the user waits for it no longer.
  const isLookedFor = leases.isShared && (leases.seesOthers || task.hasWaited);
  const listing = isLookedFor ? pending.list(turn.key).catch(() => undefined) : undefined;
  const [lease] = await Promise.all([take(task, giveUp.signal, tell, deps), spending.learn()]);
  if (lease === undefined) return;
  let completion = LEFT;
  try {
    const entries =
      isLookedFor || lease.isContested ? await entriesAround(turn, lease, await listing, deps) : undefined;
    const isKept = entries === undefined || (await answerOlder(turn, entries, { lease, stopping }, deps));
    if (isKept) completion = await whileKept(turn, { lease, respond, stopping, isTold }, deps);
    else deps.watch.ended('withdrawn');
  } finally {
    await letGo(turn, lease, completion, deps);
  }
  await dismissMessage(turn, completion, deps);
  if (completion.error === undefined) return;
  if (completion.end !== 'left') throw completion.error;
  log.warn({ err: completion.error }, 'left to be answered by whoever takes it over');
}

/** What is kept of the conversation: as it was listed, or, where it had to be waited for, as it is now. */
async function entriesAround(
  turn: UserMessage,
  lease: Lease,
  listed: readonly PendingEntry[] | undefined,
  { leases, pending, clock, log, drained }: TurnDeps,
): Promise<readonly PendingEntry[] | undefined> {
  if (!leases.isShared) return undefined;
  if (!lease.isContested && listed !== undefined) return listed;
  return untilStored(() => pending.list(turn.key), { clock, log, signal: drained });
}

const LEFT: Completion = { end: 'left', edit: (record) => record };

/** `undefined` where the wait was ended, or the conversation cannot be had: then that is the end of the message. */
async function take(
  { turn, respond, stopping }: Task,
  giveUp: AbortSignal,
  onLasting: () => void,
  deps: TurnDeps,
): Promise<Lease | undefined> {
  const { leases, clock, log } = deps;
  try {
    return await leases.take(turn.key, messageId(turn), {
      clock,
      log,
      signal: turn.isInBand ? AbortSignal.any([stopping, giveUp]) : stopping,
      onLasting,
    });
  } catch (err) {
    const isByUser = err instanceof TurnError && err.code === 'cancelled';
    const isByUs = stopping.aborted && !isByUser;
    // Nobody else can answer it.
    const isLast = !stopping.aborted || (isByUs && turn.isInBand);
    deps.watch.ended(isLast ? 'failed' : isByUser ? 'withdrawn' : 'left');
    if (isLast) await respond((sink) => sink.send(apologize(err, turn, deps)));
    if (isByUser && !turn.isInBand) await deps.pending.finish(turn);
    await dismissMessage(turn, { ...LEFT, end: isByUs || isByUser ? 'left' : 'answered' }, deps);
    return undefined;
  }
}

/** What goes wrong here is in the log: the answer is out, or could not be sent in any case. */
async function letGo(turn: UserMessage, lease: Lease, { edit }: Completion, deps: TurnDeps): Promise<void> {
  const { leases, clock, log, drained } = deps;
  const releasing = lease.release(edit, { clock, log, signal: drained });
  try {
    await (turn.isInBand ? inBandTime(clock, releasing) : releasing);
  } catch (err) {
    log.warn({ err }, 'the end of a turn was not recorded');
  } finally {
    leases.note(turn.key, lease);
  }
}

/** Messages that need no model, or may not have it. */
function unanswerable(turn: UserMessage, rate: TurnRate): Reply | undefined {
  const refusal = refusalOf(turn);
  if (refusal !== undefined || rate.admit(turn.personKey)) return refusal;
  return { text: wordingFor(turn.locale).limits.tooFast, audio: undefined };
}
