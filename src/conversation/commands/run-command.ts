import { VOICES } from '../../config/voices.ts';
import { messagesFor } from '../../messages/messages.ts';
import type { ConversationAction } from '../conversation-store.ts';
import { messageId } from '../keys.ts';
import type { ConversationSettings } from '../records.ts';
import type { Choice, Reply } from '../reply.ts';
import { retry } from '../retry.ts';
import type { Services } from '../services.ts';
import { speakerOf } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import { listOfCommands, usageText } from './command-texts.ts';
import type { Command } from './commands.ts';

/** What a command comes to. */
export interface CommandPlan {
  /** Its effect, which is applied before its message counts as accepted. */
  readonly action: ConversationAction;
  /** What is said of it once it is applied. `signal` ends waiting for a store. */
  readonly confirm: (signal: AbortSignal) => Promise<Reply>;
}

/** A user's own words are echoed up to here. */
const MAX_ECHO_CHARS = 40;

/** What a command does and says. Counts it in the rate of its person. */
export function planCommand(command: Command, message: UserMessage, services: Services): CommandPlan {
  const messages = messagesFor(message.locale);
  const by = authorOf(message);
  // To stop is never too much: it ends work, and a person who has asked too much has to be able to.
  if (!services.rate.admit(message.personKey) && command.name !== 'stop') return onlySay(messages.limits.tooFast);
  switch (command.name) {
    case 'help':
      return onlySay(listOfCommands(messages));
    case 'start':
      return onlySay(messages.welcome);
    case 'unknown':
      return onlySay(`${messages.commands.unknown(command.written)}\n\n${listOfCommands(messages)}`);
    case 'talk':
      return { action: { kind: 'note' }, confirm: (signal) => invite(message, services, signal) };
    case 'reset':
      return { action: { kind: 'reset' }, confirm: async () => say(messages.commands.reset(by)) };
    case 'forget':
      // Asked for anew each time, and nothing is stored meanwhile: any instance takes the answer.
      if (command.argument.toLowerCase() !== 'yes') return onlySay(messages.commands.confirmForget(by));
      return {
        action: { kind: 'forget' },
        confirm: async (signal) => {
          await stored(() => services.audioStore.forget(message.key), services, signal);
          return say(messages.commands.forgotten(by));
        },
      };
    case 'voice':
      return planVoice(command.argument, message, services);
    case 'audio':
      return planAudio(command.argument, message);
    case 'stop':
      return { action: { kind: 'stop' }, confirm: async () => say(messages.commands.stopped) };
    case 'usage':
      return { action: { kind: 'note' }, confirm: (signal) => sayUsage(message, services, signal) };
  }
}

function say(text: string): Reply {
  return { text, audio: undefined };
}

function onlySay(text: string): CommandPlan {
  return { action: { kind: 'note' }, confirm: async () => say(text) };
}

function stored<T>(call: () => Promise<T>, { clock, log }: Services, signal: AbortSignal): Promise<T> {
  return retry(call, { clock, log, signal });
}

/** Who gave the command, where others see it, too. */
function authorOf(message: UserMessage): string | undefined {
  return message.scope === 'personal' || !message.user.name?.trim()
    ? undefined
    : withoutMarkdown(speakerOf(message) ?? '');
}

/** A user's words as plain text: the bot's own messages are Markdown. */
function withoutMarkdown(text: string): string {
  return text.toWellFormed().replace(/[[\]()*_<>~`#|\\]/g, '');
}

/** The recording link belongs to the person who asked for it. */
async function invite(message: UserMessage, services: Services, signal: AbortSignal): Promise<Reply> {
  const { recording: talk } = messagesFor(message.locale);
  const way = services.channel.recordingAccess(message);
  switch (way) {
    case 'dialog':
    case 'link': {
      const recordingLink = await stored(() => services.recordingLinks.create(message), services, signal);
      return { ...say(talk.invited(authorOf(message))), recordingLink };
    }
    case 'shared':
    case 'unreachable':
      return say(talk[way]);
  }
}

function planVoice(argument: string, message: UserMessage, services: Services): CommandPlan {
  const { commands } = messagesFor(message.locale);
  // The configured one may be of a kind that is not listed.
  const values = [...new Set([services.settings.voice, ...VOICES])];
  const voice = values.find((each) => each.toLowerCase() === argument.toLowerCase());
  if (voice !== undefined)
    return { action: choose({ voice }, message), confirm: async () => say(commands.voice(voice, authorOf(message))) };
  const confirm = async (signal: AbortSignal): Promise<Reply> => {
    const { settings } = await stored(() => services.conversations.read(message.key), services, signal);
    const current = settings.voice ?? services.settings.voice;
    const found =
      argument === ''
        ? commands.voiceIs(current)
        : commands.voiceUnknown(withoutMarkdown(argument.slice(0, MAX_ECHO_CHARS)));
    const choice: Choice = { command: 'voice', title: commands.chooseVoice, values, current, use: commands.useVoice };
    return { ...say(found), choice };
  };
  return { action: { kind: 'note' }, confirm };
}

function planAudio(argument: string, message: UserMessage): CommandPlan {
  const { commands } = messagesFor(message.locale);
  const by = authorOf(message);
  switch (argument.toLowerCase()) {
    case 'on':
      return { action: choose({ modality: 'audio' }, message), confirm: async () => say(commands.audioOn(by)) };
    case 'off':
      return { action: choose({ modality: 'text' }, message), confirm: async () => say(commands.audioOff(by)) };
    default:
      return onlySay(commands.audioHow);
  }
}

/** A session was told the earlier settings: the command's own mark in place of its last turn closes it. */
function choose(settings: ConversationSettings, message: UserMessage): ConversationAction {
  return {
    kind: 'edit',
    edit: (record) => ({
      ...record,
      settings: { ...record.settings, ...settings },
      lastTurn: messageId(message),
    }),
  };
}

async function sayUsage(message: UserMessage, services: Services, signal: AbortSignal): Promise<Reply> {
  const { usage } = await stored(() => services.conversations.read(message.key), services, signal);
  const { spending } = services;
  return say(usageText(usage, spending.costOf(usage.tokens), spending.priceDate, messagesFor(message.locale)));
}
