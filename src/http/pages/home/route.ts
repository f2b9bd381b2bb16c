import type { Request, Response } from 'restify';
import { type Messages, messagesFor } from '../../../messages/messages.ts';
import { escaped, firstLanguage, htmlPage, newNonce, sendPage } from '../page.ts';

/** `GET` and `HEAD /`: what answers at this address, and where to go. In the language of the browser. */
export function homeRoute() {
  return async function serveHome(request: Request, response: Response): Promise<void> {
    const nonce = newNonce();
    const page = homePage(messagesFor(firstLanguage(request)), nonce);
    sendPage(request, response, page, { status: 200, nonce, policy: ["frame-ancestors 'none'"] });
  };
}

function homePage(messages: Messages, nonce: string): string {
  const { home, about } = messages;
  const body = `<h1>${escaped(home.title)}</h1>
<p>${escaped(about.what)}</p>
<p>${escaped(home.where)}</p>
<ul>
<li><a href="about">${escaped(about.title)}</a></li>
<li><a href="health">${escaped(home.health)}</a></li>
<li>${escaped(home.endpoint)} <code>/api/messages</code></li>
</ul>`;
  return htmlPage({ title: home.title, body, messages, nonce, style: HOME_STYLE });
}

const HOME_STYLE = `
p, ul { margin-bottom: 0.75rem; }
ul { padding-left: 1.25rem; }
li + li { margin-top: 0.25rem; }
a { color: var(--accent); }
a:hover { color: var(--accent-hover); }
`;
