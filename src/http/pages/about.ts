import type { Request, Response } from 'restify';
import type { Config } from '../../config/config.ts';
import { LINK_LIFETIME_MS } from '../../conversation/recordings/recording-links.ts';
import { LANGUAGES, type Messages, messagesFor, spanOfTime } from '../../messages/messages.ts';
import { escaped, firstLanguage, paragraph, sendPage } from './page.ts';

/** The settings that `/about` describes. */
export type AboutSettings = Pick<Config, 'recordRetentionMs' | 'audioRetentionMs' | 'database' | 'azureStorageBlobUrl'>;

/**
 * Serves `GET` and `HEAD /about`, which tells everybody what the bot is and what it stores. The app in Teams names it
 * as its website, privacy policy (`#privacy`) and terms of use (`#terms`). The language is that of `?lang`, else the
 * browser's.
 */
export function aboutRoute(settings: AboutSettings) {
  return async function serveAbout(request: Request, response: Response): Promise<void> {
    const messages = messagesFor(new URLSearchParams(request.getQuery()).get('lang') ?? firstLanguage(request));
    await sendPage(request, response, {
      title: messages.about.title,
      body: body(settings, messages),
      messages,
      style: 'text.css',
    });
  };
}

function body(settings: AboutSettings, messages: Messages): string {
  const { about } = messages;
  const terms = `${paragraph(about.terms)}
<h3>${escaped(about.responsibleTitle)}</h3>
${paragraph(about.responsible)}`;
  return `${languages(messages)}
${paragraph(about.what)}
${section('ai', about.aiTitle, paragraph(about.ai))}
${section('privacy', about.privacyTitle, privacy(settings, messages))}
${section('terms', about.termsTitle, terms)}`;
}

function languages({ language, about }: Messages): string {
  const links = Object.values(LANGUAGES).map((each) => {
    const current = each.language === language ? ' aria-current="page"' : '';
    const tag = escaped(each.language);
    return `<a href="?lang=${tag}" lang="${tag}" hreflang="${tag}"${current}>${escaped(each.about.language)}</a>`;
  });
  return `<nav aria-label="${escaped(about.languages)}">${links.join('\n')}</nav>`;
}

function privacy(settings: AboutSettings, messages: Messages): string {
  const { about } = messages;
  const { database, azureStorageBlobUrl } = settings;
  const recordsFor = spanOfTime(settings.recordRetentionMs, messages);
  const audioFor = spanOfTime(settings.audioRetentionMs, messages);
  const stored = [
    about.keptHistory(recordsFor),
    about.keptReplyAudio(audioFor),
    about.keptRecordings(audioFor, spanOfTime(LINK_LIFETIME_MS, messages)),
    about.keptWaiting,
    ...(database === undefined ? [] : [about.keptFailed(recordsFor)]),
  ];
  const places = [
    database === undefined ? about.inMemory : about.inDatabase,
    ...(azureStorageBlobUrl === undefined ? [] : [about.audioInAccount]),
    about.logs,
    about.elsewhere,
  ];
  return `${paragraph(about.sent)}
<h3>${escaped(about.keptTitle)}</h3>
<ul>
${stored.map((each) => `<li>${escaped(each)}</li>`).join('\n')}
</ul>
${places.map(paragraph).join('\n')}
<h3>${escaped(about.forgetTitle)}</h3>
${[about.forget, about.reset].map(paragraph).join('\n')}`;
}

function section(id: string, title: string, html: string): string {
  return `<section id="${id}" class="card" aria-labelledby="${id}-title">
<h2 id="${id}-title">${escaped(title)}</h2>
${html}
</section>`;
}
