import type { HostRule } from '../config/allowed-hosts.ts';
import type { Scope } from '../conversation/user-message.ts';
import { DIRECT_LINE_HOSTS, TEAMS_HOSTS } from './attachment-hosts.ts';
import type { SourceStyle } from './sources.ts';

/** How a channel gets the audio of a reply. */
export type AudioDelivery =
  /** An `audio/wav` attachment (or an AudioCard, by configuration): the client plays it in the chat. */
  | 'attachment'
  /** A link below the text to the page that plays it: the channel refuses or ignores audio attachments. */
  | 'link'
  /** An Adaptive Card below the text that opens the player in a dialog of the client. */
  | 'playerCard'
  /** None: the channel speaks the text itself, from `speak`. */
  | 'speak';

/** How a message may grow while its text is produced; see streaming-message.ts. */
export interface StreamRules {
  /** The minimum time between two chunks. */
  readonly intervalMs: number;
  /** Whether this also holds for the final chunk, and for the first chunk of the conversation's next message. */
  readonly isPacedThroughout: boolean;
  /** How long a stream may take: a little less than the channel allows. */
  readonly maxMs: number;
  /** Longer texts are not shown before they are complete. */
  readonly maxChars: number;
  /** Whether the stream begins before there is text, with a line on what the bot does. */
  readonly isAnnounced: boolean;
  /** Whether `channelData` has the stream's fields, too. */
  readonly isInChannelData: boolean;
}

/**
 * Which identity fields of an activity the channel's service sets; all others are claims of the client. Direct Line
 * forwards `from` and `channelData` as its clients write them (BotFramework-WebChat#710).
 */
export type VerifiedFields =
  /** `from.id`, `from.aadObjectId` and the tenant. */
  | 'userAndTenant'
  /** `from.id`. */
  | 'user'
  /** `from.id` where it begins with `dl_` and the channel's enhanced authentication is on: a token was made for it. */
  | 'signedUser'
  | 'nothing';

/** What addresses a message in a group to the bot. */
export type Addressing =
  /** Every message: the channel's clients have no mentions, and send only what is meant for the bot. */
  | 'anything'
  /** A mention of the bot, its written name, or a reply to it. A command alone may be for another bot. */
  | 'mention'
  /** Its written name, a reply to it, or a command. Mentions do not count: every message comes with one. */
  | 'name';

/** The buttons of Adaptive Cards that a channel's clients support. */
export type CardSupport =
  /** No cards: choices are shown as a list of commands. */
  | 'none'
  /** `Action.Submit`: a pressed button arrives as a message, and the card stays as it is. */
  | 'submit'
  /** Also `Action.Execute`: the response replaces the card for the user who pressed the button. */
  | 'universal';

export interface Capabilities {
  readonly verifies: VerifiedFields;
  readonly audio: AudioDelivery;
  /** The largest activity, in characters of JSON, that may carry the audio itself. */
  readonly maxInlineChars: number;
  /**
   * The largest request to `/v3/conversations/{id}/attachments`, in bytes with its JSON and base64; 0 if it accepts
   * none.
   */
  readonly maxUploadBytes: number;
  readonly showsTyping: boolean;
  /** How text is shown while it is produced; `undefined` = not at all. */
  readonly streamRules: StreamRules | undefined;
  /** Whether the model's words are labelled as made by AI, and may be rated. */
  readonly labelsAi: boolean;
  /** Whether the bot may save files among the user's own, with the user's consent. */
  readonly savesFiles: boolean;
  readonly cards: CardSupport;
  /** Whether a button of a card can open a page in a dialog of the client, which names the user who opens it. */
  readonly opensDialogs: boolean;
  /** How citations are shown. */
  readonly sources: SourceStyle;
  readonly addressedBy: Addressing;
  /** Whether conversations belong to teams, which `channelData` names and whose end it reports. */
  readonly hasTeams: boolean;
  /** Whether a text has a marker at each place where it quotes a message. */
  readonly marksQuotes: boolean;
  /** The hosts of the files that people send. */
  readonly attachmentHosts: readonly HostRule[];
  /** Whether the bot's token is sent for attachments at the channel's service; false if their addresses hold a key. */
  readonly attachmentsWantToken: boolean;
  /**
   * The longest text of one message, in characters; longer ones are split. At least twice what a stream may show: the
   * first part, of at least half this length as it is sent (`MIN_FILL`), continues the stream.
   */
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
/** Teams allows one chunk a second, and two minutes in all. */
const TEAMS_STREAM: StreamRules = {
  intervalMs: 1_000,
  isPacedThroughout: true,
  maxMs: 110_000,
  maxChars: 9_000,
  isAnnounced: true,
  isInChannelData: false,
};

const PLAIN: Capabilities = {
  verifies: 'nothing',
  audio: 'link',
  maxInlineChars: 0,
  maxUploadBytes: 0,
  showsTyping: true,
  streamRules: undefined,
  labelsAi: false,
  savesFiles: false,
  cards: 'none',
  opensDialogs: false,
  sources: 'list',
  addressedBy: 'mention',
  hasTeams: false,
  marksQuotes: false,
  attachmentHosts: [],
  attachmentsWantToken: true,
  maxTextChars: 4_000,
};
/**
 * Direct Line accepts activities of 256 K characters and recommends to stay below 150 K. A bot's upload may have 256
 * KiB (BotBuilder-Samples#540, botbuilder-dotnet#1293); the 4 MB of its documentation are what users may upload.
 */
const WEB: Capabilities = {
  ...PLAIN,
  audio: 'attachment',
  maxInlineChars: 150_000,
  maxUploadBytes: 262_144,
  sources: 'definitions',
  cards: 'submit',
  attachmentsWantToken: false,
  addressedBy: 'anything',
  maxTextChars: 100_000,
};
/**
 * Teams refuses an `audio/wav` attachment together with the whole message. A message may have 100 KB of UTF-16 in all;
 * the limit was 40 KB before, and this is below both.
 */
const TEAMS: Capabilities = {
  ...PLAIN,
  verifies: 'userAndTenant',
  audio: 'playerCard',
  labelsAi: true,
  cards: 'universal',
  sources: 'entity',
  attachmentHosts: TEAMS_HOSTS,
  opensDialogs: true,
  hasTeams: true,
  marksQuotes: true,
  maxTextChars: 18_000,
};

/**
 * The one place that knows channels by name; a new channel is a new row. A row with a scope holds for that scope alone.
 */
const BY_CHANNEL: ReadonlyMap<string, Capabilities> = new Map(
  Object.entries({
    // The Emulator has no limit on the size of a request.
    emulator: { ...WEB, maxInlineChars: Number.POSITIVE_INFINITY, maxUploadBytes: Number.POSITIVE_INFINITY },
    directline: { ...WEB, verifies: 'signedUser', streamRules: WEB_STREAM, attachmentHosts: DIRECT_LINE_HOSTS },
    webchat: { ...WEB, verifies: 'signedUser', streamRules: WEB_STREAM, attachmentHosts: DIRECT_LINE_HOSTS },
    msteams: TEAMS,
    'msteams/personal': { ...TEAMS, streamRules: TEAMS_STREAM, savesFiles: true },
    directlinespeech: {
      ...PLAIN,
      verifies: 'signedUser',
      audio: 'speak',
      showsTyping: false,
      addressedBy: 'anything',
    },
    facebook: { ...PLAIN, verifies: 'user', maxTextChars: 2_000 },
    line: { ...PLAIN, verifies: 'user' },
    slack: { ...PLAIN, verifies: 'user' },
    telegram: { ...PLAIN, verifies: 'user', addressedBy: 'name' },
    sms: { ...PLAIN, maxTextChars: 1_500 },
  } satisfies Record<string, Capabilities>),
);

/** The channel of a channel id, which may name a client behind it, as `msteams:COPILOT` does in the Agents SDK. */
export function channelOf(channelId: string): string {
  return channelId.split(':', 1)[0] ?? '';
}

/** What a channel can take in a conversation of this scope. An unknown channel gets text and a link. */
export function capabilitiesOf(channelId: string, scope: Scope): Capabilities {
  const channel = channelOf(channelId);
  return BY_CHANNEL.get(`${channel}/${scope}`) ?? BY_CHANNEL.get(channel) ?? PLAIN;
}

/**
 * Whether a cloud of Teams has consent to files. GCC High, DoD and 21Vianet do not support it; the hosts of their
 * service URLs end in `.us` or `.cn`. https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
 */
export function hasFileConsent(serviceUrl: string): boolean {
  return !/\.(?:us|cn)$/.test(URL.parse(serviceUrl)?.hostname ?? '');
}
