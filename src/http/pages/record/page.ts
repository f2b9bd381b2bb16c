import type { Request, Response } from 'restify';
import { MAX_CLIP_SECONDS } from '../../../audio/clip/clip.ts';
import { SAMPLE_RATE_HZ } from '../../../audio/pcm.ts';
import type { Clock } from '../../../clock.ts';
import type { Recordings } from '../../../conversation/recordings/recordings.ts';
import { clockTime, type Messages, messagesFor } from '../../../messages/messages.ts';
import { MAX_RECORDING_LOOKUPS, sharedLookup } from '../../shared-lookups.ts';
import { escaped, firstLanguage, paragraph, sendPage } from '../page.ts';
import type { RecordingPageFacts, RecordingPageTexts } from './page-data.ts';

/** The page warns this long before the end. */
const ALMOST_FULL_SECONDS = 30;

/** Serves `GET` and `HEAD /record/<link>`, the page on which an invited user speaks, in a browser or Teams' dialog. */
export function recordingPageRoute(recordings: Pick<Recordings, 'findLink'>, clock: Clock) {
  const findLink = sharedLookup((link) => recordings.findLink(link), MAX_RECORDING_LOOKUPS);
  return async function serveRecordingPage(request: Request, response: Response): Promise<void> {
    const link = String(request.params.link);
    // The page's addresses are relative. They would be wrong if its own address ended with a slash.
    const recordingLink = request.path().endsWith('/') ? undefined : await findLink(link);
    const leftToBeginMs = (recordingLink?.opensUntilMs ?? 0) - clock.now();
    const isOpen = leftToBeginMs > 0;
    // Without an open link, the user's language is unknown.
    const messages = messagesFor(isOpen ? recordingLink?.locale : firstLanguage(request));
    const { recording } = messages;
    const page = { messages, style: 'record.css', teamsPolicy: TEAMS_POLICY, headers: HEADERS } as const;
    if (!isOpen) {
      const content = { title: recording.endedTitle, body: paragraph(recording.ended) };
      return sendPage(request, response, { ...page, ...content, status: 404 });
    }
    const content = { title: recording.title, body: body(link, leftToBeginMs, messages) };
    await sendPage(request, response, { ...page, ...content, scripts: ['record.js', 'teams.js'] });
  };
}

/** Teams' client library fetches the list of its hosts from res.cdn.office.net. */
const TEAMS_POLICY = ['media-src blob:', "connect-src 'self' https://res.cdn.office.net"];
const HEADERS = { 'Permissions-Policy': 'microphone=(self)' };

/** The recorder stays hidden until the script runs. */
function body(link: string, leftToBeginMs: number, messages: Messages): string {
  const { recording } = messages;
  const facts: RecordingPageFacts = {
    maxSeconds: MAX_CLIP_SECONDS,
    warnAtSeconds: MAX_CLIP_SECONDS - ALMOST_FULL_SECONDS,
    leftToBeginMs,
    sampleRateHz: SAMPLE_RATE_HZ,
  };
  return `<p id="intro">${escaped(recording.intro(String(MAX_CLIP_SECONDS / 60)))}</p>
<noscript><p class="alarm">${escaped(recording.needsScript)}</p></noscript>
<div id="recorder" class="recorder card" hidden data-state="ready" data-facts="${escaped(JSON.stringify(facts))}" \
data-texts="${escaped(JSON.stringify(textsOf(messages)))}">
<progress id="level" aria-hidden="true" value="0"></progress>
<p id="clock" class="clock" role="timer"></p>
<button id="toggle" class="round" type="button">
<svg viewBox="0 0 24 24" aria-hidden="true"><path id="icon"/></svg><span id="action"></span>
</button>
<section id="review" aria-label="${escaped(recording.recording)}" hidden>
<audio id="playback" controls aria-label="${escaped(recording.listen)}"></audio>
<div class="choices">
<button id="send" type="button">${escaped(recording.send)}</button>
<button id="again" class="second" type="button">${escaped(recording.recordAgain)}</button>
</div>
</section>
</div>
<p id="status" role="status" tabindex="-1"></p>
<p id="failure" class="alarm" role="alert"></p>
<p id="elsewhere" hidden><a href="${escaped(link)}" target="_blank" rel="noopener noreferrer">\
${escaped(messages.card.openInBrowser)}</a></p>`;
}

function textsOf({ recording }: Messages): RecordingPageTexts {
  return {
    ...recording,
    almostFull: recording.almostFull(String(ALMOST_FULL_SECONDS)),
    full: recording.full(String(MAX_CLIP_SECONDS / 60)),
    of: recording.of('{elapsed}', clockTime(MAX_CLIP_SECONDS * 1000)),
  };
}
