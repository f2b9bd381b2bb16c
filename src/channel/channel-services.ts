import type { ChannelServices } from '../conversation/services.ts';
import { capabilitiesOf } from './capabilities.ts';
import { recordingAccessOf } from './recording-page.ts';
import type { ReplyRoutes } from './reply-routes.ts';

/** What conversations need to know of channels. */
export function channelServices(replyRoutes: ReplyRoutes, publicBaseUrl: () => string | undefined): ChannelServices {
  return {
    later: (reference) => replyRoutes.later(reference),
    recordingAccess: recordingAccessOf(publicBaseUrl),
    showsCards: ({ channel, scope }) => capabilitiesOf(channel, scope).cards !== 'none',
  };
}
