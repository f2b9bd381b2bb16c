import { VOICES } from '../../config/voices.ts';
import { type Messages, messagesFor } from '../../messages/messages.ts';
import { paragraphs } from '../../paragraphs.ts';
import type { ConversationAction } from '../conversation-store.ts';
import { messageId } from '../keys.ts';
import type { ConversationRecord, ConversationSettings } from '../records.ts';
import type { Reply } from '../reply.ts';
import { retry } from '../retry.ts';
import type { Services } from '../services.ts';
import { speakerName } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import { listOfCommands, listOfTools, usageText } from './command-texts.ts';
import type { Command } from './commands.ts';

export interface CommandPlan {
  /** Its effect, which is applied before its message counts as accepted. */
  readonly action: ConversationAction;
  /** Makes the reply once the effect is applied. `signal` ends waiting for a store. */
  readonly confirm: (signal: AbortSignal) => Promise<Reply>;
}

/** A user's own words are echoed up to here. */
const MAX_ECHO_CHARS = 40;

const MARK_HANDLED: ConversationAction = { kind: 'markHandled' };

/** What a command does and says. Counts it in the rate of its person. */
export function planCommand(command: Command, message: UserMessage, services: Services): CommandPlan {
  const messages = messagesFor(message.locale);
  const { commands } = messages;
  const by = authorOf(message);
  // /stop is exempt from the rate limit: it ends work.
  if (!services.rate.admit(message.personKey) && command.name !== 'stop')
    return plan(MARK_HANDLED, messages.limits.tooFast);
  switch (command.name) {
    case 'help':
      return plan(MARK_HANDLED, listOfCommands(messages));
    case 'start':
      return plan(MARK_HANDLED, messages.welcome);
    case 'unknown':
      return plan(MARK_HANDLED, paragraphs(commands.unknown(command.written), listOfCommands(messages)));
    case 'talk':
      return { action: MARK_HANDLED, confirm: (signal) => invite(message, messages, services, signal) };
    case 'reset':
      return plan({ kind: 'reset' }, commands.reset(by));
    case 'forget':
      return planForget(command.argument, message, messages, services);
    case 'voice':
      return planVoice(command.argument, message, messages, services);
    case 'audio':
      if (/^on$/i.test(command.argument)) return plan(choose({ modality: 'audio' }, message), commands.audioOn(by));
      if (/^off$/i.test(command.argument)) return plan(choose({ modality: 'text' }, message), commands.audioOff(by));
      return plan(MARK_HANDLED, commands.audioHow);
    case 'stop':
      return plan({ kind: 'stop' }, commands.stopped);
    case 'tools':
      return planTools(command.argument, message, messages, services);
    case 'allow':
    case 'deny':
      // A command that decides does not come here: see `choiceInWords`.
      return plan(MARK_HANDLED, decisionHelp(command.argument, command.name, messages));
    case 'usage':
      return { action: MARK_HANDLED, confirm: (signal) => usageOf(message, messages, services, signal) };
  }
}

function plan(action: ConversationAction, text: string): CommandPlan {
  return { action, confirm: async () => say(text) };
}

function say(text: string): Reply {
  return { text, audio: undefined };
}

/** Deletes what no record holds. Safe to call twice. */
export async function forgetBesideRecord(key: string, { audioStore, audit }: Services): Promise<void> {
  await audioStore.forget(key);
  await audit.pseudonymise(key);
}

/** Asks first. The answer is a command of its own, which any instance takes: nothing is stored meanwhile. */
function planForget(argument: string, message: UserMessage, { commands }: Messages, services: Services): CommandPlan {
  const by = authorOf(message);
  if (argument.toLowerCase() !== 'yes') return plan(MARK_HANDLED, commands.confirmForget(by));
  const confirm = async (signal: AbortSignal) => {
    const { clock, log } = services;
    await retry(() => forgetBesideRecord(message.key, services), { clock, log, signal });
    return say(commands.forgotten(by));
  };
  return { action: { kind: 'forget' }, confirm };
}

function planVoice(argument: string, message: UserMessage, { commands }: Messages, services: Services): CommandPlan {
  const configured = services.settings.voice;
  // The configured one may be of a kind that is not listed.
  const values = [...new Set([configured, ...VOICES])];
  const voice = values.find((each) => each.toLowerCase() === argument.toLowerCase());
  if (voice !== undefined) return plan(choose({ voice }, message), commands.voice(voice, authorOf(message)));
  const confirm = async (signal: AbortSignal): Promise<Reply> => {
    const { voice: current = configured } = (await recordOf(message, services, signal)).settings;
    const echo = withoutMarkdown(argument.slice(0, MAX_ECHO_CHARS));
    const text = argument === '' ? commands.voiceIs(current) : commands.voiceUnknown(echo);
    const choice = { command: 'voice', title: commands.chooseVoice, values, current, use: commands.useVoice } as const;
    return { ...say(text), choice };
  };
  return { action: MARK_HANDLED, confirm };
}

function decisionHelp(argument: string, command: 'allow' | 'deny', { approval }: Messages): string {
  const isUnderstood = argument === '' || (command === 'allow' && argument.toLowerCase() === 'always');
  return isUnderstood ? approval.nothingWaits : approval.unclearDecision;
}

/** Lists the tools that this person can use here. */
function planTools(argument: string, message: UserMessage, messages: Messages, services: Services): CommandPlan {
  const { approvalStore, clock, log } = services;
  const { key, personKey } = message;
  const isRevoked = argument.toLowerCase() === 'ask';
  const confirm = async (signal: AbortSignal) => {
    if (isRevoked) {
      await retry(() => approvalStore.revoke(key, personKey), { clock, log, signal });
      return say(messages.tools.revoked);
    }
    const { tools } = await services.tools.setFor(message.verifiedIds ?? [], message.scope);
    const permissions = await retry(() => approvalStore.permissionsOf(key, personKey), { clock, log, signal });
    const downServers = services.tools.downServers(message.verifiedIds ?? [], message.scope);
    return say(listOfTools([...tools.values()], downServers, permissions, messages));
  };
  return { action: MARK_HANDLED, confirm };
}

/** Warm sessions have the earlier settings: another `sessionVersion` closes them. */
function choose(settings: ConversationSettings, message: UserMessage): ConversationAction {
  const sessionVersion = messageId(message);
  return {
    kind: 'edit',
    edit: (record) => ({ ...record, settings: { ...record.settings, ...settings }, sessionVersion }),
  };
}

/** The recording link belongs to the person who asked for it. */
async function invite(
  message: UserMessage,
  { recording }: Messages,
  { channel, recordingLinks, clock, log }: Services,
  signal: AbortSignal,
): Promise<Reply> {
  const access = channel.recordingAccess(message);
  if (access === 'shared' || access === 'unreachable') return say(recording[access]);
  const recordingLink = await retry(() => recordingLinks.create(message), { clock, log, signal });
  return { ...say(recording.invited(authorOf(message))), recordingLink };
}

async function usageOf(
  message: UserMessage,
  messages: Messages,
  services: Services,
  signal: AbortSignal,
): Promise<Reply> {
  const { usage } = await recordOf(message, services, signal);
  const { spending } = services;
  return say(usageText(usage, spending.costOf(usage.tokens), spending.priceDate, messages));
}

function recordOf(
  { key }: UserMessage,
  { conversationStore, clock, log }: Services,
  signal: AbortSignal,
): Promise<ConversationRecord> {
  return retry(() => conversationStore.read(key), { clock, log, signal });
}

/** Who gave the command, where others see it, too. */
function authorOf(message: UserMessage): string | undefined {
  const isNamed = message.scope !== 'personal' && message.user.name?.trim();
  return isNamed ? withoutMarkdown(speakerName(message) ?? '') : undefined;
}

/** A user's words as plain text: the bot's own messages are Markdown. */
function withoutMarkdown(text: string): string {
  return text.toWellFormed().replace(/[[\]()*_<>~`#|\\]/g, '');
}
