import type { Activity, Entity } from 'botbuilder';
import type { StreamRules } from './capabilities.ts';

export type StreamType = 'informative' | 'streaming' | 'final';

/** What a chunk says of its stream. The first has no stream id yet, and the final one no number. */
export interface ChunkInfo {
  readonly streamId: string | undefined;
  readonly streamType: StreamType;
  readonly streamSequence: number | undefined;
}

/**
 * The field by which Web Chat orders activities: milliseconds, as in the channel's timestamps. Without it, Web Chat
 * 4.18.1 treats the first chunks of all streams, which have no stream id yet, as one stream, and shows an answer above
 * its question. A value later than the next chunk's timestamp hides that chunk.
 * https://github.com/microsoft/BotFramework-WebChat/blob/main/packages/core/src/reducers/createActivitiesReducer.ts
 */
const WEB_CHAT_SEQUENCE_ID = 'webchat:sequence-id';

/** Marks an activity as a chunk of a stream. `channelNow`: see `StreamingMessageOptions`. */
export function toChunk(
  activity: Partial<Activity>,
  info: ChunkInfo,
  { isInChannelData }: Pick<StreamRules, 'isInChannelData'>,
  channelNow: () => number,
): Partial<Activity> {
  const entities = [...(activity.entities ?? []), { type: 'streaminfo', ...info } as Entity];
  if (!isInChannelData) return { ...activity, entities };
  const order = info.streamId === undefined ? { [WEB_CHAT_SEQUENCE_ID]: channelNow() } : {};
  return { ...activity, entities, channelData: { ...activity.channelData, ...info, ...order } };
}
