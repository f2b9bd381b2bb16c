import type { Scope } from '../conversation/turn.ts';

/** How a channel gets the sound of a reply. */
export type AudioDelivery =
  /** An `audio/wav` attachment (or an AudioCard, by configuration): the client plays it in the chat. */
  | 'attachment'
  /** A link below the text: the channel refuses or ignores audio attachments. */
  | 'link'
  /** None: the channel speaks the text itself, from `speak`. */
  | 'speak';

/** How a message may grow while its text is made; see live-message.ts. */
export interface StreamRules {
  /** The least time between two pieces. */
  readonly intervalMs: number;
  /** Whether the last piece, too, has to keep that time. */
  readonly isEndPaced: boolean;
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
  /** Whether the channel takes uploads at `/v3/conversations/{id}/attachments`. */
  readonly takesUploads: boolean;
  readonly showsTyping: boolean;
  /** How text is shown while it is produced, if at all. */
  readonly stream: StreamRules | undefined;
  /** Whether what the model says is marked as made by AI, and may be rated. */
  readonly marksAi: boolean;
}

const WEB_STREAM: StreamRules = {
  intervalMs: 500,
  isEndPaced: false,
  mostMs: Number.POSITIVE_INFINITY,
  mostChars: 100_000,
  isAnnounced: false,
  isInChannelData: true,
};
/** One a second, two minutes in all, 100 KB of UTF-16 with everything else that is in the message. */
const TEAMS_STREAM: StreamRules = {
  intervalMs: 1_000,
  isEndPaced: true,
  mostMs: 110_000,
  mostChars: 20_000,
  isAnnounced: true,
  isInChannelData: false,
};

const PLAIN: Capabilities = {
  audio: 'link',
  inlineLimitChars: 0,
  takesUploads: false,
  showsTyping: true,
  stream: undefined,
  marksAi: false,
};
const WEB: Capabilities = { ...PLAIN, audio: 'attachment', inlineLimitChars: 150_000, takesUploads: true };
// Teams refuses an `audio/wav` attachment together with the whole message.
const TEAMS: Capabilities = { ...PLAIN, marksAi: true };

type Row = Readonly<Record<Scope, Capabilities>>;

const everywhere = (capabilities: Capabilities): Row => ({
  personal: capabilities,
  group: capabilities,
  channel: capabilities,
});

/** The one place that knows channels by name; a new channel is a new row. */
const BY_CHANNEL: Readonly<Record<string, Row>> = {
  // The Emulator has no limit on the size of an activity.
  emulator: everywhere({ ...WEB, inlineLimitChars: Number.POSITIVE_INFINITY }),
  directline: everywhere({ ...WEB, stream: WEB_STREAM }),
  webchat: everywhere({ ...WEB, stream: WEB_STREAM }),
  // Streams are for chats of two alone.
  msteams: { ...everywhere(TEAMS), personal: { ...TEAMS, stream: TEAMS_STREAM } },
  directlinespeech: everywhere({ ...PLAIN, audio: 'speak', showsTyping: false }),
};

/** What a channel can take in such a conversation; an unknown one gets text and a link. */
export function capabilitiesOf(channel: string, scope: Scope): Capabilities {
  return (Object.hasOwn(BY_CHANNEL, channel) ? BY_CHANNEL[channel]?.[scope] : undefined) ?? PLAIN;
}
