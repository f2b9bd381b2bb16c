import { HOLDS_FOR_MS } from '../../../conversation/recordings/recording-links.ts';
import { LANGUAGES, type Messages, spanOfTime } from '../../../messages/messages.ts';
import { escaped, htmlPage } from '../page.ts';

/** What the page says of this very bot. */
export interface AboutFacts {
  readonly recordRetentionMs: number;
  readonly audioRetentionMs: number;
  /** Whether what is kept outlives the process. */
  readonly isStored: boolean;
  /** Whether reply audio is in a storage account. */
  readonly isAudioInAccount: boolean;
}

/** The page on the bot: what it is, what it keeps, who answers for it. `#privacy` and `#terms` lead to their parts. */
export function aboutPage(facts: AboutFacts, messages: Messages, nonce: string): string {
  const { about } = messages;
  const body = `<h1>${escaped(about.title)}</h1>
${languages(messages)}
${paragraph(about.what)}
${section('ai', about.aiTitle, paragraph(about.ai))}
${section('privacy', about.privacyTitle, privacy(facts, messages))}
${section('terms', about.termsTitle, terms(messages))}`;
  return htmlPage({ title: about.title, body, messages, nonce, style: ABOUT_STYLE });
}

/** Addresses are relative, whatever stands before them. */
function languages({ language, about }: Messages): string {
  const links = Object.values(LANGUAGES).map((each) => {
    const current = each.language === language ? ' aria-current="page"' : '';
    const tag = escaped(each.language);
    return `<a href="?lang=${tag}" lang="${tag}" hreflang="${tag}"${current}>${escaped(each.about.language)}</a>`;
  });
  return `<nav aria-label="${escaped(about.languages)}">${links.join('\n')}</nav>`;
}

function privacy(facts: AboutFacts, messages: Messages): string {
  const { recordRetentionMs, audioRetentionMs, isStored, isAudioInAccount } = facts;
  const { about } = messages;
  const recordsFor = spanOfTime(recordRetentionMs, messages);
  const kept = [
    about.keptTalk(recordsFor),
    about.keptSound(spanOfTime(audioRetentionMs, messages)),
    about.keptSpoken(spanOfTime(audioRetentionMs, messages), spanOfTime(HOLDS_FOR_MS, messages)),
    about.keptWaiting,
    ...(isStored ? [about.keptFailed(recordsFor)] : []),
  ];
  const where = [
    isStored ? about.inDatabase : about.inMemory,
    ...(isAudioInAccount ? [about.audioInAccount] : []),
    about.logs,
    about.elsewhere,
  ];
  return `${paragraph(about.sent)}
<h3>${escaped(about.keptTitle)}</h3>
<ul>
${kept.map((each) => `<li>${escaped(each)}</li>`).join('\n')}
</ul>
${where.map(paragraph).join('\n')}
<h3>${escaped(about.forgetTitle)}</h3>
${[about.forget, about.reset].map(paragraph).join('\n')}`;
}

function terms({ about }: Messages): string {
  return `${paragraph(about.terms)}
<h3>${escaped(about.responsibleTitle)}</h3>
${paragraph(about.responsible)}`;
}

function section(id: string, title: string, html: string): string {
  return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${escaped(title)}</h2>
${html}
</section>`;
}

/** Commands in it look like what is to be written. */
function paragraph(text: string): string {
  return `<p>${escaped(text).replace(/(?<=^|\s)\/[a-z]+\b/g, '<code>$&</code>')}</p>`;
}

const ABOUT_STYLE = `
h1 { font-size: 1.5rem; margin-bottom: 0.5rem; }
h2 { font-size: 1.125rem; font-weight: 600; line-height: 1.3; margin-bottom: 0.5rem; }
h3 { font-size: 1rem; font-weight: 600; margin: 1.25rem 0 0.25rem; }
p + p { margin-top: 0.5rem; }
ul { padding-left: 1.25rem; margin-bottom: 0.5rem; }
li + li { margin-top: 0.25rem; }
nav { display: flex; flex-wrap: wrap; gap: 1rem; margin-bottom: 1rem; }
nav a { color: var(--accent); padding: 0.25rem 0; }
nav a:hover { color: var(--accent-hover); }
nav a[aria-current] { color: var(--quiet); text-decoration: none; }
section {
  margin-top: 1.25rem; padding: 1.25rem;
  background: var(--surface); border: 1px solid var(--line); border-radius: 0.75rem;
}
section:target { border-color: var(--accent); }
code {
  padding: 0.05em 0.3em; font: 0.9em ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace;
  background: var(--line); border-radius: 0.25rem; overflow-wrap: anywhere;
}
`;
