import type { HostRule } from '../attachments/allowed-hosts.ts';
import type { Scope } from '../conversation/turn.ts';
import { DIRECT_LINE_HOSTS, TEAMS_HOSTS } from './attachment-hosts.ts';

/** How a channel gets the sound of a reply. */
export type AudioDelivery =
  /** An `audio/wav` attachment (or an AudioCard, by configuration): the client plays it in the chat. */
  | 'attachment'
  /** A link below the text to the page that plays it: the channel refuses or ignores audio attachments. */
  | 'link'
  /** An Adaptive Card below the text that opens the player in a dialog of the client. */
  | 'playerCard'
  /** None: the channel speaks the text itself, from `speak`. */
  | 'speak';

/** How a message may grow while its text is made; see live-message.ts. */
export interface StreamRules {
  /** The least time between two pieces. */
  readonly intervalMs: number;
  /** Whether the last piece, and the first of the conversation's next message, have to keep that time, too. */
  readonly isPacedThroughout: boolean;
  /** The longest that a stream may take; a little less than what the channel allows. */
  readonly mostMs: number;
  /** Longer texts are not shown before they are complete. */
  readonly mostChars: number;
  /** Whether the stream begins before there is text, with a word on what the bot is about. */
  readonly isAnnounced: boolean;
  /** Whether the marks stand in `channelData`, too. */
  readonly isInChannelData: boolean;
}

/** What a channel can take. */
export interface Capabilities {
  readonly audio: AudioDelivery;
  /** The largest activity, in characters of JSON, that may carry the audio itself. */
  readonly inlineLimitChars: number;
  /** The largest request to `/v3/conversations/{id}/attachments`, in bytes with its JSON and base64; 0: it takes none. */
  readonly uploadLimitBytes: number;
  readonly showsTyping: boolean;
  /** How text is shown while it is produced, if at all. */
  readonly stream: StreamRules | undefined;
  /** Whether what the model says is marked as made by AI. */
  readonly marksAi: boolean;
  /** Whether people may rate what the model says. */
  readonly takesRatings: boolean;
  /** Whether the bot may put files among the user's own, when the user agrees. */
  readonly savesFiles: boolean;
  /** Whether choices come as an Adaptive Card to choose from; else as a list to write one of. */
  readonly showsChoices: boolean;
  /** Whether a button of a card can open a page in a dialog of the client, which tells who opens it. */
  readonly opensDialogs: boolean;
  /** Where the files are kept that people send. */
  readonly attachmentHosts: readonly HostRule[];
  /** The longest text of one message, in characters; longer ones are split. At least twice what a stream may show. */
  readonly mostTextChars: number;
}

const WEB_STREAM: StreamRules = {
  intervalMs: 500,
  isPacedThroughout: false,
  mostMs: Number.POSITIVE_INFINITY,
  mostChars: 50_000,
  isAnnounced: false,
  isInChannelData: true,
};
/** One a second, two minutes in all. */
const TEAMS_STREAM: StreamRules = {
  intervalMs: 1_000,
  isPacedThroughout: true,
  mostMs: 110_000,
  mostChars: 9_000,
  isAnnounced: true,
  isInChannelData: false,
};

const PLAIN: Capabilities = {
  audio: 'link',
  inlineLimitChars: 0,
  uploadLimitBytes: 0,
  showsTyping: true,
  stream: undefined,
  marksAi: false,
  takesRatings: false,
  savesFiles: false,
  showsChoices: false,
  opensDialogs: false,
  attachmentHosts: [],
  mostTextChars: 4_000,
};
/**
 * Direct Line takes 256 K characters of activity and recommends to stay below 150 K. A bot's upload may have 256 KiB
 * (BotBuilder-Samples#540, botbuilder-dotnet#1293); the 4 MB of its documentation are what users may upload.
 */
const WEB: Capabilities = {
  ...PLAIN,
  audio: 'attachment',
  inlineLimitChars: 150_000,
  uploadLimitBytes: 262_144,
  showsChoices: true,
  mostTextChars: 100_000,
};
/**
 * Teams refuses an `audio/wav` attachment together with the whole message. A message may have 100 KB of UTF-16 with all
 * that is in it, once it was 40 KB: this is below both.
 */
const TEAMS: Capabilities = {
  ...PLAIN,
  audio: 'playerCard',
  marksAi: true,
  takesRatings: true,
  showsChoices: true,
  attachmentHosts: TEAMS_HOSTS,
  opensDialogs: true,
  mostTextChars: 18_000,
};

type Row = Readonly<Record<Scope, Capabilities>>;

const everywhere = (capabilities: Capabilities): Row => ({
  personal: capabilities,
  group: capabilities,
  channel: capabilities,
});

/** The one place that knows channels by name; a new channel is a new row. */
const BY_CHANNEL: Readonly<Record<string, Row>> = {
  // The Emulator has no limit on the size of a request.
  emulator: everywhere({
    ...WEB,
    inlineLimitChars: Number.POSITIVE_INFINITY,
    uploadLimitBytes: Number.POSITIVE_INFINITY,
  }),
  directline: everywhere({ ...WEB, stream: WEB_STREAM, attachmentHosts: DIRECT_LINE_HOSTS }),
  webchat: everywhere({ ...WEB, stream: WEB_STREAM, attachmentHosts: DIRECT_LINE_HOSTS }),
  // Streams, and consent to files, are for chats of two alone.
  msteams: { ...everywhere(TEAMS), personal: { ...TEAMS, stream: TEAMS_STREAM, savesFiles: true } },
  directlinespeech: everywhere({ ...PLAIN, audio: 'speak', showsTyping: false }),
  facebook: everywhere({ ...PLAIN, mostTextChars: 2_000 }),
  sms: everywhere({ ...PLAIN, mostTextChars: 1_500 }),
};

/** What a channel can take in such a conversation; an unknown one gets text and a link. */
export function capabilitiesOf(channel: string, scope: Scope): Capabilities {
  return (Object.hasOwn(BY_CHANNEL, channel) ? BY_CHANNEL[channel]?.[scope] : undefined) ?? PLAIN;
}

/**
 * Whether files can be offered there: Teams has no consent to files in GCC High, DoD and the cloud of 21Vianet, which are
 * known by the address of their channel.
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
 */
export function canSaveFiles({ savesFiles }: Capabilities, serviceUrl: string): boolean {
  const host = URL.canParse(serviceUrl) ? new URL(serviceUrl).hostname : '';
  return savesFiles && !/\.(?:us|cn)$/.test(host);
}
