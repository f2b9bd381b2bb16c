import { VOICES } from '../../config/voices.ts';
import { type Messages, messagesFor } from '../../messages/messages.ts';
import { paragraphs } from '../../paragraphs.ts';
import type { AppliedAction, ConversationAction } from '../conversation-store.ts';
import { activityDigest } from '../keys.ts';
import type { ConversationSettings } from '../records.ts';
import type { Reply } from '../reply.ts';
import type { Services } from '../services.ts';
import { speakerName } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import { listOfCommands, listOfTools, usageText } from './command-texts.ts';
import type { Command } from './commands.ts';

export interface CommandPlan {
  /** Its effect, which is applied before its message counts as accepted. */
  readonly action: ConversationAction;
  /** Makes the reply once the effect is applied. Rejects with a StoreError; safe to call again then. */
  readonly makeReply: (applied: AppliedAction) => Promise<Reply>;
}

/** A user's own words are echoed up to here. */
const MAX_ECHO_CHARS = 40;

/** What a command does and says. Counts it in the rate of its person. */
export function planCommand(command: Command, message: UserMessage, services: Services): CommandPlan {
  const messages = messagesFor(message.locale);
  const { commands } = messages;
  const by = authorName(message);
  // /stop is exempt from the rate limit: it ends work.
  if (!services.rate.admit(message.personKey) && command.name !== 'stop') return say(messages.limits.tooFast);
  switch (command.name) {
    case 'help':
      return say(listOfCommands(messages));
    case 'start':
      return say(messages.welcome);
    case 'unknown':
      return say(paragraphs(commands.unknown(command.written), listOfCommands(messages)));
    case 'talk':
      return planRecording(message, messages, services);
    case 'reset':
      return act({ kind: 'reset' }, commands.reset(by));
    case 'forget':
      return planForget(command.argument, message, messages, services);
    case 'voice':
      return planVoice(command.argument, message, messages, services);
    case 'audio':
      if (/^on$/i.test(command.argument)) return act(choose({ modality: 'audio' }, message), commands.audioOn(by));
      if (/^off$/i.test(command.argument)) return act(choose({ modality: 'text' }, message), commands.audioOff(by));
      return say(commands.audioHow);
    case 'stop':
      return planStop(messages);
    case 'tools':
      return planTools(command.argument, message, messages, services);
    case 'allow':
    case 'deny':
      // A command that decides does not come here: see `decisionInWords`.
      return say(decisionHelp(command.argument, command.name, messages));
    case 'usage':
      return planUsage(message, messages, services);
  }
}

/** A command that only says something. */
function say(text: string): CommandPlan {
  return reply(async () => ({ text }));
}

/** A command without an effect on the conversation. */
function reply(makeReply: CommandPlan['makeReply']): CommandPlan {
  return { action: { kind: 'markHandled' }, makeReply };
}

function act(action: ConversationAction, text: string): CommandPlan {
  return { action, makeReply: async () => ({ text }) };
}

function planStop({ commands }: Messages): CommandPlan {
  return {
    action: { kind: 'stop' },
    makeReply: async ({ cancelledCount }) => ({ text: commands.stopped(cancelledCount) }),
  };
}

/**
 * Forgets what the action `forget` leaves to its caller: deletes the audio of a conversation, and removes its names
 * from the audit. PostgreSQL has removed the names and ended the access to its audio already. Safe to call twice.
 */
export async function forgetAudioAndAudit(key: string, { audioStore, audit }: Services): Promise<void> {
  await audioStore.forget(key);
  await audit.removeNames(key);
}

/** Asks first. The answer is a command of its own, which any instance takes: nothing is stored meanwhile. */
function planForget(argument: string, message: UserMessage, { commands }: Messages, services: Services): CommandPlan {
  const by = authorName(message);
  if (argument.toLowerCase() !== 'yes') return say(commands.confirmForget(by));
  const makeReply = async () => {
    await forgetAudioAndAudit(message.key, services);
    return { text: commands.forgotten(by) };
  };
  return { action: { kind: 'forget' }, makeReply };
}

function planVoice(argument: string, message: UserMessage, { commands }: Messages, services: Services): CommandPlan {
  const configured = services.settings.voice;
  // The configured one may be of a kind that is not listed.
  const voices = [...new Set([configured, ...VOICES])];
  const voice = voices.find((each) => each.toLowerCase() === argument.toLowerCase());
  if (voice !== undefined) return act(choose({ voice }, message), commands.voice(voice, authorName(message)));
  return reply(async () => {
    const { settings } = await services.conversationStore.read(message.key);
    const { voice: current = configured } = settings;
    const echo = withoutMarkdown(argument.slice(0, MAX_ECHO_CHARS));
    const text = argument === '' ? commands.voiceIs(current) : commands.voiceUnknown(echo);
    return { text, voiceChoice: { voices, current } };
  });
}

function decisionHelp(argument: string, command: 'allow' | 'deny', { approval }: Messages): string {
  const isUnderstood = argument === '' || (command === 'allow' && argument.toLowerCase() === 'always');
  return isUnderstood ? approval.nothingWaits : approval.unclearDecision;
}

/** Lists the tools that this person can use here. */
function planTools(argument: string, message: UserMessage, messages: Messages, services: Services): CommandPlan {
  const { approvalStore } = services;
  const { key, personKey, verifiedIds = [], scope } = message;
  return reply(async () => {
    if (argument.toLowerCase() === 'ask') {
      await approvalStore.revoke(key, personKey);
      return { text: messages.tools.revoked };
    }
    const { tools } = await services.tools.setFor(verifiedIds, scope);
    const permissions = await approvalStore.permissionsOf(key, personKey);
    const downServers = services.tools.downServers(verifiedIds, scope);
    return { text: listOfTools([...tools.values()], downServers, permissions, messages) };
  });
}

/** Warm sessions have the earlier settings: another `sessionVersion` closes them. */
function choose(settings: ConversationSettings, message: UserMessage): ConversationAction {
  const sessionVersion = activityDigest(message);
  return {
    kind: 'edit',
    edit: (record) => ({ ...record, settings: { ...record.settings, ...settings }, sessionVersion }),
  };
}

/** Gives the person who asks a recording link. */
function planRecording(message: UserMessage, { recording }: Messages, services: Services): CommandPlan {
  const { channel, recordingLinks } = services;
  const access = channel.recordingAccess(message);
  if (access === 'shared' || access === 'unreachable') return say(recording[access]);
  return reply(async () => {
    const recordingLink = await recordingLinks.create(message);
    return { text: recording.invited(authorName(message)), recordingLink };
  });
}

function planUsage({ key }: UserMessage, messages: Messages, services: Services): CommandPlan {
  const { conversationStore, spending } = services;
  return reply(async () => {
    const { usage } = await conversationStore.read(key);
    return { text: usageText(usage, spending.costOf(usage.tokens), spending.priceDate, messages) };
  });
}

/** Who gave the command, where others see it, too. */
function authorName(message: UserMessage): string | undefined {
  const isNamed = message.scope !== 'personal' && message.user.name?.trim();
  return isNamed ? withoutMarkdown(speakerName(message) ?? '') : undefined;
}

/** A user's words as plain text: the bot's own messages are Markdown. */
function withoutMarkdown(text: string): string {
  return text.toWellFormed().replace(/[[\]()*_<>~`#|\\]/g, '');
}
