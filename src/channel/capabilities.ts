/** How a channel gets the sound of a reply. */
export type AudioDelivery =
  /** An `audio/wav` attachment (or an AudioCard, by configuration): the client plays it in the chat. */
  | 'attachment'
  /** A link below the text: the channel refuses or ignores audio attachments. */
  | 'link'
  /** None: the channel speaks the text itself, from `speak`. */
  | 'speak';

/** What a channel can take. */
export interface Capabilities {
  readonly audio: AudioDelivery;
  /** The largest activity, in characters of JSON, that may carry the audio itself. */
  readonly inlineLimitChars: number;
  /** Whether the channel takes uploads at `/v3/conversations/{id}/attachments`. */
  readonly takesUploads: boolean;
  readonly showsTyping: boolean;
}

const WEB: Capabilities = { audio: 'attachment', inlineLimitChars: 150_000, takesUploads: true, showsTyping: true };
const LINK: Capabilities = { audio: 'link', inlineLimitChars: 0, takesUploads: false, showsTyping: true };

/** The one place that knows channels by name; a new channel is a new row. */
const BY_CHANNEL: Readonly<Record<string, Capabilities>> = {
  // The Emulator has no limit on the size of an activity.
  emulator: { ...WEB, inlineLimitChars: Number.POSITIVE_INFINITY },
  directline: WEB,
  webchat: WEB,
  // Teams refuses an `audio/wav` attachment together with the whole message.
  msteams: LINK,
  directlinespeech: { audio: 'speak', inlineLimitChars: 0, takesUploads: false, showsTyping: false },
};

/** The row of a channel; an unknown one gets text and a link. */
export function capabilitiesOf(channel: string): Capabilities {
  return Object.hasOwn(BY_CHANNEL, channel) ? (BY_CHANNEL[channel] ?? LINK) : LINK;
}
