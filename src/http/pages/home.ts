import type { Request, Response } from 'restify';
import { messagesFor } from '../../messages/messages.ts';
import { escaped, firstLanguage, paragraph, sendPage } from './page.ts';

/** Serves `GET` and `HEAD /`, which says what this address is and where to go, in the browser's language. */
export function homeRoute(chatPageUrl: string | undefined) {
  return async function serveHome(request: Request, response: Response): Promise<void> {
    const messages = messagesFor(firstLanguage(request));
    const { home, about } = messages;
    const chat = chatPageUrl && `<li><a href="${escaped(chatPageUrl)}">${escaped(home.chat)}</a></li>\n`;
    const body = `${paragraph(about.what)}
${paragraph(home.where)}
<ul>
${chat ?? ''}<li><a href="about">${escaped(about.title)}</a></li>
<li><a href="health">${escaped(home.health)}</a></li>
<li>${escaped(home.endpoint)} <code>/api/messages</code></li>
</ul>`;
    await sendPage(request, response, { title: home.title, body, messages, style: 'text.css' });
  };
}
