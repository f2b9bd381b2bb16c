import type { HostRule } from '../config/allowed-hosts.ts';
import type { Scope } from '../conversation/user-message.ts';
import { DIRECT_LINE_HOSTS, TEAMS_HOSTS } from './attachment-hosts.ts';
import type { SourceStyle } from './sources.ts';

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

/** How a message may grow while its text is made; see streaming-message.ts. */
export interface StreamRules {
  /** The least time between two pieces. */
  readonly intervalMs: number;
  /** Whether the last piece, and the first of the conversation's next message, have to keep that time, too. */
  readonly isPacedThroughout: boolean;
  /** The longest that a stream may take; a little less than what the channel allows. */
  readonly maxMs: number;
  /** Longer texts are not shown before they are complete. */
  readonly maxChars: number;
  /** Whether the stream begins before there is text, with a word on what the bot is about. */
  readonly isAnnounced: boolean;
  /** Whether the marks stand in `channelData`, too. */
  readonly isInChannelData: boolean;
}

/**
 * Which identity fields of an activity the channel's service sets; all others are the client's own words. Direct Line
 * hands on `from` and `channelData` as its clients write them (BotFramework-WebChat#710).
 */
export type VouchesFor =
  /** `from.id`, `from.aadObjectId` and the tenant. */
  | 'userAndTenant'
  /** `from.id`. */
  | 'user'
  /** `from.id` where it begins with `dl_` and the channel's enhanced authentication is on: a token was made for it. */
  | 'signedUser'
  | 'nothing';

/** What turns a message in a group to the bot. */
export type Addressing =
  /** Being sent: clients without mentions, which send the bot what is meant for it. */
  | 'anything'
  /** A mention of the bot, its written name, or a reply to it. A command alone may be meant for another bot. */
  | 'mention'
  /** The same without mentions, since every message comes with one. A command addresses the bot, too. */
  | 'name';

/** What a channel can take. */
export interface Capabilities {
  readonly vouchesFor: VouchesFor;
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
  /** How what an answer rests on is shown. */
  readonly sources: SourceStyle;
  readonly addressedBy: Addressing;
  /** Whether a text holds a marker at each place where it quotes a message. */
  readonly marksQuotes: boolean;
  /** Where the files are kept that people send. */
  readonly attachmentHosts: readonly HostRule[];
  /** Whether attachments at the channel's service need the bot's token; false if their addresses contain a key. */
  readonly attachmentsWantToken: boolean;
  /** The longest text of one message, in characters; longer ones are split. At least twice what a stream may show. */
  readonly maxTextChars: number;
}

const WEB_STREAM: StreamRules = {
  intervalMs: 500,
  isPacedThroughout: false,
  maxMs: Number.POSITIVE_INFINITY,
  maxChars: 50_000,
  isAnnounced: false,
  isInChannelData: true,
};
/** One a second, two minutes in all. */
const TEAMS_STREAM: StreamRules = {
  intervalMs: 1_000,
  isPacedThroughout: true,
  maxMs: 110_000,
  maxChars: 9_000,
  isAnnounced: true,
  isInChannelData: false,
};

const PLAIN: Capabilities = {
  vouchesFor: 'nothing',
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
  sources: 'list',
  addressedBy: 'mention',
  marksQuotes: false,
  attachmentHosts: [],
  attachmentsWantToken: true,
  maxTextChars: 4_000,
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
  sources: 'definitions',
  showsChoices: true,
  attachmentsWantToken: false,
  addressedBy: 'anything',
  maxTextChars: 100_000,
};
/**
 * Teams refuses an `audio/wav` attachment together with the whole message. A message may have 100 KB of UTF-16 with all
 * that is in it, once it was 40 KB: this is below both.
 */
const TEAMS: Capabilities = {
  ...PLAIN,
  vouchesFor: 'userAndTenant',
  audio: 'playerCard',
  marksAi: true,
  takesRatings: true,
  showsChoices: true,
  sources: 'entity',
  attachmentHosts: TEAMS_HOSTS,
  opensDialogs: true,
  marksQuotes: true,
  maxTextChars: 18_000,
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
  directline: everywhere({ ...WEB, vouchesFor: 'signedUser', stream: WEB_STREAM, attachmentHosts: DIRECT_LINE_HOSTS }),
  webchat: everywhere({ ...WEB, vouchesFor: 'signedUser', stream: WEB_STREAM, attachmentHosts: DIRECT_LINE_HOSTS }),
  // Streams, and consent to files, are for chats of two alone.
  msteams: { ...everywhere(TEAMS), personal: { ...TEAMS, stream: TEAMS_STREAM, savesFiles: true } },
  directlinespeech: everywhere({
    ...PLAIN,
    vouchesFor: 'signedUser',
    audio: 'speak',
    showsTyping: false,
    addressedBy: 'anything',
  }),
  facebook: everywhere({ ...PLAIN, vouchesFor: 'user', maxTextChars: 2_000 }),
  line: everywhere({ ...PLAIN, vouchesFor: 'user' }),
  slack: everywhere({ ...PLAIN, vouchesFor: 'user' }),
  telegram: everywhere({ ...PLAIN, vouchesFor: 'user', addressedBy: 'name' }),
  sms: everywhere({ ...PLAIN, maxTextChars: 1_500 }),
};

/** The channel of a channel id, which may name a client behind it, as `msteams:COPILOT` does in the Agents SDK. */
export function channelOf(channelId: string): string {
  return channelId.split(':', 1)[0] ?? '';
}

/** What a channel can take in such a conversation; an unknown one gets text and a link. */
export function capabilitiesOf(channelId: string, scope: Scope): Capabilities {
  const channel = channelOf(channelId);
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
