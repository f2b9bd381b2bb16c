import type { Activity } from 'botbuilder';
import type { Messages } from '../messages/messages.ts';
import type { Capabilities } from './capabilities.ts';
import type { CallOptions } from './channel-calls.ts';

export interface ReplyOptions extends CallOptions {
  /** How audio stands in a chat that plays attachments; see WEBCHAT_AUDIO. */
  readonly webchatAudio: 'attachment' | 'card';
  /** Whether cards carry a link that opens outside of the client. */
  readonly browserLinks: boolean;
  readonly publicBaseUrl: () => string | undefined;
}

/** What decides the form of a reply. */
export interface ReplyContext {
  /** The activity that the reply answers. */
  readonly activity: Activity;
  readonly capabilities: Capabilities;
  readonly messages: Messages;
  readonly options: Pick<ReplyOptions, 'webchatAudio' | 'browserLinks' | 'publicBaseUrl'>;
  /** Uploads audio to the channel's service. Resolves with its address there, or `undefined` if it was not uploaded. */
  readonly upload: (wav: Buffer) => Promise<string | undefined>;
}
