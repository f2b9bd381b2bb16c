// The parts of Microsoft's Web Chat that the page uses, as its `<script>` defines them.
// https://github.com/microsoft/BotFramework-WebChat

/** DirectLineJS, the client of Direct Line. */
export interface DirectLineClient {
  readonly conversationId?: string;
  readonly activity$: { subscribe(next: () => void): unknown };
}

/** The actions that the page dispatches. */
export type WebChatAction =
  | { readonly type: 'WEB_CHAT/SEND_MESSAGE'; readonly payload: { readonly text: string } }
  | {
      readonly type: 'DIRECT_LINE/POST_ACTIVITY';
      readonly meta: { readonly method: 'keyboard' };
      readonly payload: { readonly activity: object };
    };

/** What the user has attached to the next message. */
export interface WebChatState {
  readonly sendBoxAttachments: readonly { readonly blob: Blob | File }[];
}

export interface Store {
  dispatch(action: WebChatAction): void;
  getState(): WebChatState;
  subscribe(listener: () => void): unknown;
}

interface AttachmentProps {
  readonly attachment: { readonly contentUrl?: string; readonly thumbnailUrl?: string | undefined };
}
type RenderAttachment = (props: AttachmentProps, ...others: readonly unknown[]) => unknown;

/** Decides how an attachment is shown: by `next` with other properties. */
export type AttachmentMiddleware = () => (next: RenderAttachment) => RenderAttachment;

export interface WebChat {
  createDirectLine(options: {
    readonly token: string;
    readonly domain: string;
    readonly conversationId: string | undefined;
    readonly conversationStartProperties: { readonly locale: string };
  }): DirectLineClient;
  createStore(): Store;
  renderWebChat(
    options: {
      readonly directLine: DirectLineClient;
      readonly store: Store;
      readonly userID: string;
      readonly locale: string;
      readonly styleOptions: object;
      readonly attachmentMiddleware: AttachmentMiddleware;
      /** Replaces texts of Web Chat by their ids. */
      readonly overrideLocalizedStrings: Readonly<Record<string, string>>;
    },
    element: Element,
  ): void;
}

export const webChat = (window as unknown as { readonly WebChat: WebChat }).WebChat;
