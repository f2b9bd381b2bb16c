import type { Activity, Entity } from 'botbuilder';

export type StreamType = 'informative' | 'streaming' | 'final';

/** Names a piece of a stream to the channel. */
export interface StreamMark {
  readonly streamType: StreamType;
  /** `undefined` for the first piece: the channel's response to it has the id. */
  readonly streamId: string | undefined;
  /** From 1; `undefined` for the last piece, which has no number. */
  readonly sequence: number | undefined;
}

/**
 * The field by which Web Chat orders activities: milliseconds, as in the channel's timestamps. Without it, Web Chat 4.18.1
 * treats the first pieces of all streams, which have no stream id yet, as one stream, and shows an answer above its
 * question. A value later than the next piece's timestamp hides that piece.
 * https://github.com/microsoft/BotFramework-WebChat/blob/main/packages/core/src/reducers/createActivitiesReducer.ts
 */
const WEB_CHAT_SEQUENCE_ID = 'webchat:sequence-id';

/**
 * Marks an activity as a piece of a stream. `channelNow`: the channel's time in milliseconds since the epoch, for channels
 * that read the mark from `channelData`, too.
 * https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux
 */
export function markedPiece(
  activity: Partial<Activity>,
  { streamType, streamId, sequence }: StreamMark,
  channelNow: (() => number) | undefined,
): Partial<Activity> {
  const info = {
    ...(streamId === undefined ? {} : { streamId }),
    streamType,
    ...(sequence === undefined ? {} : { streamSequence: sequence }),
  };
  const entities = [...(activity.entities ?? []), { type: 'streaminfo', ...info } as Entity];
  if (channelNow === undefined) return { ...activity, entities };
  const order = streamId === undefined ? { [WEB_CHAT_SEQUENCE_ID]: channelNow() } : {};
  return { ...activity, entities, channelData: { ...activity.channelData, ...info, ...order } };
}
