import { clockTime, type Wording, wordingFor } from '../messages/messages.ts';
import { COMMANDS, type Command, VOICES } from './commands/commands.ts';
import { EMPTY_MEMORY } from './history/history.ts';
import type { ConversationRecord, ConversationSettings } from './records.ts';
import type { Reply } from './reply.ts';
import { untilStored } from './retry.ts';
import { speakerOf } from './speakers.ts';
import type { AnswerDeps } from './turn-deps.ts';
import type { UserMessage } from './user-message.ts';

/** What commands do to a conversation besides its record. */
export interface CommandEffects {
  /** Changes what is remembered, as soon as no turn runs, and ends the session. */
  change(edit: (record: ConversationRecord) => ConversationRecord): void;
  /** Ends the running turn, and deletes all that is kept of the conversation; rejects where that failed. */
  forget(): Promise<void>;
  /** Ends the running turn, and drops what waits. */
  stop(): void;
}

/** What commands need. */
export type ObeyDeps = Pick<
  AnswerDeps,
  'leases' | 'invitations' | 'wayToTalk' | 'settings' | 'rate' | 'spending' | 'clock' | 'log' | 'drained'
>;

/** What is echoed of what somebody wrote. */
const MOST_ECHO_CHARS = 40;

/** Does what a command says. Resolves with what is said of it. */
export async function obey(
  command: Command,
  turn: UserMessage,
  effects: CommandEffects,
  deps: ObeyDeps,
): Promise<Reply> {
  const words = wordingFor(turn.locale);
  const by = authorOf(turn);
  // To stop is never too much: it ends work, and somebody who has asked too much has to be able to.
  if (!deps.rate.admit(turn.personKey) && command.name !== 'stop') return say(words.limits.tooFast);
  switch (command.name) {
    case 'help':
      return say(listOf(words));
    case 'start':
      return say(words.welcome);
    case 'unknown':
      return say(`${words.commands.unknown(command.written)}\n\n${listOf(words)}`);
    case 'talk':
      return invite(turn, deps);
    case 'reset':
      effects.change((record) => ({ ...record, ...EMPTY_MEMORY }));
      return say(words.commands.reset(by));
    case 'forget':
      await effects.forget();
      return say(words.commands.forgotten(by));
    case 'voice':
      return chooseVoice(command.argument, turn, effects, deps);
    case 'audio':
      return switchAudio(command.argument, words, by, effects);
    case 'stop':
      effects.stop();
      return say(words.commands.stopped);
    case 'usage':
      return say(usageText(await readRecord(turn, deps), words, deps));
  }
}

/** Who gave the command, where others see it, too. */
function authorOf(turn: UserMessage): string | undefined {
  return turn.scope === 'personal' || !turn.user.name?.trim() ? undefined : withoutMarks(speakerOf(turn) ?? '');
}

/** What people wrote, as plain text: the bot's own messages are Markdown. */
function withoutMarks(text: string): string {
  return text.toWellFormed().replace(/[[\]()*_<>~`#|\\]/g, '');
}

function readRecord({ key }: UserMessage, { leases, clock, log, drained }: ObeyDeps): Promise<ConversationRecord> {
  return untilStored(() => leases.read(key), { clock, log, signal: drained });
}

/** The invitation belongs to whoever asked for it. */
async function invite(turn: UserMessage, { invitations, wayToTalk, clock, log, drained }: ObeyDeps): Promise<Reply> {
  const { talk } = wordingFor(turn.locale);
  const way = wayToTalk(turn);
  switch (way) {
    case 'dialog':
    case 'link': {
      const invitation = await untilStored(() => invitations.create(turn), { clock, log, signal: drained });
      return { ...say(talk.invited(authorOf(turn))), invitation };
    }
    case 'shared':
    case 'unreachable':
      return say(talk[way]);
  }
}

function say(text: string): Reply {
  return { text, audio: undefined };
}

function listOf({ commands }: Wording): string {
  return COMMANDS.map((name) => `- /${name}: ${commands.does[name]}`).join('\n');
}

async function chooseVoice(
  argument: string,
  turn: UserMessage,
  effects: CommandEffects,
  deps: ObeyDeps,
): Promise<Reply> {
  const { settings } = deps;
  const { commands } = wordingFor(turn.locale);
  // The one that is configured may be of a kind that is not listed.
  const values = [...new Set([settings.voice, ...VOICES])];
  const voice = values.find((each) => each.toLowerCase() === argument.toLowerCase());
  if (voice !== undefined) {
    change(effects, { voice });
    return say(commands.voice(voice, authorOf(turn)));
  }
  const current = (await readRecord(turn, deps)).settings.voice ?? settings.voice;
  const found =
    argument === ''
      ? commands.voiceIs(current)
      : commands.voiceUnknown(withoutMarks(argument.slice(0, MOST_ECHO_CHARS)));
  const choice = {
    command: 'voice',
    title: commands.chooseVoice,
    values,
    current,
    use: commands.useVoice,
  } as const;
  return { ...say(found), choice };
}

function switchAudio(argument: string, { commands }: Wording, by: string | undefined, effects: CommandEffects): Reply {
  switch (argument.toLowerCase()) {
    case 'on':
      change(effects, { modality: 'audio' });
      return say(commands.audioOn(by));
    case 'off':
      change(effects, { modality: 'text' });
      return say(commands.audioOff(by));
    default:
      return say(commands.audioHow);
  }
}

function change(effects: CommandEffects, settings: ConversationSettings): void {
  effects.change((record) => ({ ...record, settings: { ...record.settings, ...settings } }));
}

function usageText({ usage }: ConversationRecord, words: Wording, { spending }: ObeyDeps): string {
  const { turns, audioMs, tokens } = usage;
  const number = (value: number) => value.toLocaleString(words.language);
  const kinds = [tokens.text, tokens.audio, tokens.image];
  const sum = (direction: 'in' | 'cached' | 'out') => number(kinds.reduce((total, kind) => total + kind[direction], 0));
  const usd = spending.costOf(tokens);
  const lines = [
    words.usage.turns(number(turns)),
    words.usage.audio(audioMs === 0 ? '0:00' : clockTime(audioMs)),
    words.usage.tokens({ in: sum('in'), cached: sum('cached'), out: sum('out') }),
    usd === undefined ? words.usage.costUnknown : words.usage.cost(dollars(usd, words.language), spending.priceDate),
  ];
  return `${words.usage.title}\n\n${lines.map((line) => `- ${line}`).join('\n')}`;
}

function dollars(usd: number, language: string): string {
  return usd.toLocaleString(language, { style: 'currency', currency: 'USD', maximumFractionDigits: 4 });
}
