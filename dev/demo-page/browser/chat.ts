import { messages } from './messages.ts';
import { styleOptions } from './style-options.ts';
import { type AttachmentMiddleware, type Store, webChat } from './web-chat.ts';

const SERVICE = `${location.origin}/v3/directline`;
/** Stored for each tab, so that a reload returns to the conversation. */
const CONVERSATION = 'conversation';
/** Stored in the browser: each browser is another user. */
const USER = 'user';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Shows the conversation of this tab in the element, or starts one. */
export async function startChat(element: Element): Promise<Store> {
  const conversationId = await storedConversation();
  const directLine = webChat.createDirectLine({
    token: conversationId ?? '',
    domain: SERVICE,
    conversationId,
    // The language of the greeting: the bot sends it before it has a message of the user.
    conversationStartProperties: { locale: navigator.language },
  });
  directLine.activity$.subscribe(() => {
    if (directLine.conversationId !== undefined) sessionStorage.setItem(CONVERSATION, directLine.conversationId);
  });
  const store = webChat.createStore();
  const userID = userId();
  const render = () =>
    webChat.renderWebChat(
      {
        directLine,
        store,
        userID,
        locale: navigator.language,
        styleOptions: styleOptions(dark.matches),
        attachmentMiddleware: showFiles,
        overrideLocalizedStrings: placeholderFor(store),
      },
      element,
    );
  dark.addEventListener('change', render);
  renderOnAttach(store, render);
  render();
  return store;
}

/** The next load of the page starts a conversation. */
export function forgetConversation(): void {
  sessionStorage.removeItem(CONVERSATION);
}

/** The conversation of this tab, if the service still has it. */
async function storedConversation(): Promise<string | undefined> {
  const id = sessionStorage.getItem(CONVERSATION) ?? undefined;
  if (id === undefined) return undefined;
  const { ok } = await fetch(`${SERVICE}/conversations/${id}`);
  return ok ? id : undefined;
}

function userId(): string {
  const id = localStorage.getItem(USER) ?? crypto.randomUUID();
  localStorage.setItem(USER, id);
  return id;
}

/** Web Chat shows a file of the user only as its name, unless it has a thumbnail. The file serves as its own. */
const showFiles: AttachmentMiddleware =
  () =>
  (next) =>
  ({ attachment, ...props }, ...others) =>
    next({ ...props, attachment: { thumbnailUrl: attachment.contentUrl, ...attachment } }, ...others);

/** Names the attached files that wait for the send button. Web Chat itself only shows a dot. */
function placeholderFor(store: Store): Readonly<Record<string, string>> {
  const names = store.getState().sendBoxAttachments.map(({ blob }) => ('name' in blob ? blob.name : ''));
  if (names.length === 0) return {};
  return { TEXT_INPUT_PLACEHOLDER: messages.attached.replace('{files}', () => names.join(', ')) };
}

function renderOnAttach(store: Store, render: () => void): void {
  let shown = store.getState().sendBoxAttachments;
  store.subscribe(() => {
    const { sendBoxAttachments } = store.getState();
    if (sendBoxAttachments === shown) return;
    shown = sendBoxAttachments;
    render();
  });
}
