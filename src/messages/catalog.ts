import type { AttachmentErrorCode } from '../errors.ts';
import type { CommandName } from './command-names.ts';

/** Kinds of apologies: what went wrong as far as a user can do something about it. */
export type ApologyKind =
  | 'misconfigured'
  | 'crowded'
  | 'broken'
  | 'slow'
  | 'unanswerable'
  | 'cancelled'
  | 'restarting'
  | 'internal';

/** Every text that users see, in one language. Short, kind, and it says what to do next. */
export interface Messages {
  /** BCP 47, for pages and for the way numbers are written. */
  readonly language: string;
  readonly welcome: string;
  /** Where only messages to the bot are answered. */
  readonly welcomeGroup: string;
  readonly textMissing: string;
  textTooLong(maxChars: string): string;
  readonly queueFull: string;
  readonly notAllowed: string;
  readonly shuttingDown: string;
  /** What is said while the store of conversations cannot be reached. */
  readonly storage: {
    /** The message was accepted before. */
    readonly lasting: string;
    /** The recording was not accepted. */
    readonly notKept: string;
  };
  /** Ends an answer that was begun, where the whole of it is sent later, as a message of its own. */
  readonly interrupted: string;
  /** Shown until the first words of an answer are there; up to 1,000 characters. */
  readonly working: string;
  /** Stands for an answer that is sound alone. */
  readonly voiceReply: string;
  readonly audioTitle: string;
  listen(duration: string): string;
  /** Why an answer ends early, said below it. */
  readonly cutShort: Readonly<Record<'length' | 'filter' | 'cancelled' | 'lost', string>>;
  readonly apologies: Readonly<Record<ApologyKind, string>>;
  /** The id that stands in the log, too. */
  incident(id: string): string;
  /** The card below an answer in Teams. */
  readonly card: {
    play(duration: string): string;
    readonly openInBrowser: string;
    readonly save: string;
  };
  /** What is said of sound that is asked for later. */
  readonly audio: {
    readonly gone: string;
    /** Below an answer whose sound does not fit through the channel, or was refused by it. */
    readonly notDelivered: string;
    /** The file as Teams offers and keeps it. */
    readonly fileName: string;
    readonly fileOffer: string;
    /** For want of the card that says so. */
    readonly saved: string;
    readonly saving: string;
    readonly savedBefore: string;
    readonly notSaved: string;
  };
  /** What is said instead of an answer where there are bounds. */
  readonly limits: {
    readonly tooFast: string;
    readonly day: string;
    readonly person: string;
    readonly conversation: string;
  };
  /** What is said of commands. `by`: who gave it, where several people can; each name of one is listed in `does`. */
  readonly commands: {
    readonly does: Readonly<Record<CommandName, string>>;
    unknown(written: string): string;
    reset(by: string | undefined): string;
    /** Asks before anything is deleted. */
    confirmForget(by: string | undefined): string;
    forgotten(by: string | undefined): string;
    voice(voice: string, by: string | undefined): string;
    readonly chooseVoice: string;
    readonly useVoice: string;
    voiceIs(voice: string): string;
    voiceUnknown(voice: string): string;
    /** Below the answer: the service does not have the voice that was chosen, and speaks in the configured one again. */
    voiceRefused(refused: string, voice: string): string;
    audioOn(by: string | undefined): string;
    audioOff(by: string | undefined): string;
    readonly audioHow: string;
    readonly stopped: string;
  };
  /** What is said of files that come along with a message. */
  readonly attachments: {
    /** What was understood of a voice message; stands above the answer. */
    heard(text: string, by: string | undefined): string;
    /** Below the apology where the service did not take a message with sound or pictures. */
    readonly leaveOut: string;
    /** Why one was not read. `name`: as `shownName` of attachments/ gives it. */
    readonly notRead: Readonly<Record<AttachmentErrorCode, (name: string | undefined) => string>>;
    /** Recordings made in Teams. */
    readonly voiceClip: string;
    /** The same where there is no page on which to speak. */
    readonly voiceClipNoPage: string;
    /** What was spoken on that page cannot be read any more. */
    readonly recordingLost: string;
    readonly videoClip: string;
    /** A file that Teams does not give to the bot, in a chat of two and elsewhere. */
    readonly keptBack: string;
    readonly keptBackInGroup: string;
    /** A component of Microsoft Loop; `url`: where it is, if its card says so. */
    loop(url: string | undefined): string;
    /** A card, or something else that is no file. */
    readonly unreadable: string;
    tooMany(most: string, leftOut: string): string;
  };
  /** What is said of the page on which users speak, and on it. */
  readonly recording: {
    /** Above the way to it. `by`: as with commands. */
    invited(by: string | undefined): string;
    /** The button and the link that lead there. */
    readonly open: string;
    readonly shared: string;
    readonly unreachable: string;
    /** To whoever presses the button of somebody else. */
    readonly notYours: string;
    readonly ended: string;
    readonly endedTitle: string;
    readonly title: string;
    intro(most: string): string;
    readonly record: string;
    readonly stop: string;
    readonly recordAgain: string;
    readonly send: string;
    readonly recording: string;
    /** The name of what plays it. */
    readonly listen: string;
    of(elapsed: string, most: string): string;
    readonly asking: string;
    readonly listening: string;
    almostFull(left: string): string;
    full(most: string): string;
    readonly recorded: string;
    readonly tooShort: string;
    /** What was sent is no sound that can be read. */
    readonly unreadable: string;
    /** A recording of the same user is being received. */
    readonly uploading: string;
    readonly silent: string;
    readonly refused: string;
    readonly noMicrophone: string;
    readonly microphoneInUse: string;
    readonly notHere: string;
    readonly notLoaded: string;
    readonly sending: string;
    readonly sent: string;
    readonly notSent: string;
    readonly needsScript: string;
  };
  /** What a conversation has used. */
  readonly usage: {
    readonly title: string;
    turns(turns: string): string;
    audio(duration: string): string;
    tokens(tokens: { in: string; cached: string; out: string }): string;
    cost(usd: string, date: string): string;
    readonly costUnknown: string;
  };
  /** The page that plays an answer. */
  readonly player: {
    readonly play: string;
    readonly pause: string;
    /** The button's name when all was heard. */
    readonly playAgain: string;
    readonly position: string;
    of(position: string, duration: string): string;
    readonly speed: string;
    readonly download: string;
    readonly transcript: string;
    readonly notPlayable: string;
    readonly notFoundTitle: string;
  };
  /** The page at the root of the bot's address, beside `what` of the next one. */
  readonly home: {
    readonly title: string;
    readonly where: string;
    readonly health: string;
    /** Followed by the path. */
    readonly endpoint: string;
  };
  /** The page on the bot itself. What it says has to hold for every way in which the bot can be set up. */
  readonly about: {
    /** The name of this language, in itself. */
    readonly language: string;
    readonly languages: string;
    readonly title: string;
    readonly what: string;
    readonly aiTitle: string;
    readonly ai: string;
    readonly privacyTitle: string;
    readonly sent: string;
    readonly keptTitle: string;
    keptTalk(duration: string): string;
    keptSound(duration: string): string;
    /** What users say on the bot's own page. `holds`: its invitation. */
    keptSpoken(duration: string, holds: string): string;
    readonly keptWaiting: string;
    /** With a database alone. */
    keptFailed(duration: string): string;
    readonly inMemory: string;
    readonly inDatabase: string;
    /** In a storage account, whatever else is kept elsewhere. */
    readonly audioInAccount: string;
    readonly logs: string;
    readonly elsewhere: string;
    readonly forgetTitle: string;
    readonly forget: string;
    readonly reset: string;
    readonly termsTitle: string;
    readonly terms: string;
    readonly responsibleTitle: string;
    readonly responsible: string;
  };
  /** How Teams presents the bot as an app: up to 100, 80 and 4,000 characters. */
  readonly teamsApp: {
    fullName(name: string): string;
    readonly short: string;
    readonly full: string;
  };
}
