import type { AttachmentErrorCode } from '../errors.ts';
import type { CommandName } from './command-names.ts';
import { enPages } from './en-pages.ts';

const READABLE =
  'Please send audio as WAV, MP3 or Ogg/Opus, a picture as PNG, JPEG, GIF or BMP, or a text file of up to 30 kB.';

function file(name: string | undefined): string {
  return name === undefined ? 'your file' : `“${name}”`;
}

/**
 * Every text that users see; English also serves languages without a file. Short, kind, and it says what to do next.
 */
export const en = {
  language: 'en',
  welcome:
    'Hello! Send me a message and I’ll answer in text and with my voice. You can also send a picture or a voice message. Write /help to see what else I can do.',
  /** Sent where the bot answers only messages that mention it. */
  welcomeGroup:
    'Hello! Mention me in a message and I’ll answer in text and with my voice. Mention me with /voice to choose how I sound, or with /help to see what else I can do.',
  textMissing:
    'I couldn’t find anything to read in your message. Please send text, a voice message, a picture or a text file.',
  textTooLong: (maxChars: string) =>
    `That message is too long for me. Please send it in parts of up to ${maxChars} characters.`,
  queueFull: 'I’m still working on your earlier messages. Please send that again once I’ve answered them.',
  notAllowed: 'Sorry, I’m not available to your account. Please contact the person who runs this bot.',
  storage: {
    delayed: 'I can’t reach my memory right now. Your message is safe, and I’ll answer as soon as I can.',
    notStored:
      'I can’t accept messages right now because I can’t reach my memory. Please send that again in a few minutes.',
  },
  /** Ends the text so far when the whole answer is sent later in a message of its own. */
  interrupted: '(I was interrupted here. My answer follows in a new message.)',
  /** Shown until the first words of an answer; up to 1,000 characters. */
  working: 'Finding my words…',
  voiceReply: '(voice reply)',
  audioTitle: 'Voice reply',
  listen: (duration: string) => `Listen (${duration})`,
  /** Below an answer that ends early. */
  cutShort: {
    length: '(I stopped here because the answer was getting too long. Ask me to continue.)',
    lost: '(My answer was cut off here. Please ask me for the rest.)',
    filter: 'I stopped this answer because of my content rules. Please try asking in a different way.',
    cancelled: '(I was stopped here.)',
    budget: '(I stopped here because going on may cost more than I can spend.)',
  },
  apologies: {
    misconfigured: 'My voice service isn’t set up correctly. Please tell the person who runs this bot.',
    crowded: 'Too many people are talking to me right now. Please try again in a minute.',
    broken: 'My voice service had a problem, so I have no answer. Please send that again.',
    slow: 'My voice service took too long to answer. Please send that again.',
    unanswerable: 'I couldn’t come up with an answer to that. Please try asking in a different way.',
    cancelled: 'I stopped, as you asked. Please write again whenever you like.',
    restarting: 'I’m restarting. Please send that again in a minute.',
    internal: 'Something went wrong on my side. Please send that again.',
  },
  incident: (id: string) => `(incident ${id})`,
  card: {
    play: (duration: string) => `▶ Play ${duration}`,
    openInBrowser: 'Open in browser',
    save: 'Save .wav',
  },
  toolWorking: (title: string) => `Using “${title}”…`,
  /** `title`: the name of a tool; `by`: who decided, in a chat of several people. */
  approval: {
    /** The answer of a model that only asks to call a tool. */
    needed: 'I need your OK for this first.',
    ask: (title: string) => `May I use “${title}”?`,
    tool: (name: string) => `Tool: ${name}`,
    allow: 'Allow once',
    allowAlways: 'Always allow',
    deny: 'Deny',
    cut: (leftOut: string) => `(${leftOut} more characters)`,
    unusual: 'This is written in an unusual way. Please check it with care.',
    expires: 'You can decide within 24 hours. You can go on writing to me meanwhile.',
    howToAnswer: 'Please answer “yes” or “no”. Later, you can still write /allow or /deny.',
    /** Several questions wait in one message. */
    howToAnswerEach: 'Please answer the last question first, with /allow or /deny, then the one before it.',
    /** On channels whose people answer by buttons. */
    howToDecide: 'Please answer with /allow or /deny.',
    yes: /^(?:yes|y|ok|okay|sure|allow)$/i,
    no: /^(?:no|n|nope|deny)$/i,
    allowed: (title: string, by: string | undefined) => `Allowed${by === undefined ? '' : ` by ${by}`}: ${title}`,
    /** For "always" where it is not offered. */
    allowedOnce: (title: string, by: string | undefined) =>
      `Allowed once${by === undefined ? '' : ` by ${by}`}, because I always ask here: ${title}`,
    alwaysAllowed: (title: string, by: string | undefined) =>
      `Always allowed from now on${by === undefined ? '' : ` by ${by}`}: ${title}`,
    denied: (title: string, by: string | undefined) => `Denied${by === undefined ? '' : ` by ${by}`}: ${title}`,
    decidedBefore: 'This was already decided.',
    takenBack: 'This decision was taken back. Please decide again.',
    gone: 'I’m no longer waiting for this decision. Please ask me again.',
    changed: (title: string) => `“${title}” isn’t available or has changed, so I didn’t use it. Please ask me again.`,
    notYours: 'Only the person who asked for this, or somebody appointed to approve it, can decide it.',
    stillWaits: (title: string) => `“${title}” was not done. You can still decide it with /allow or /deny.`,
    nothingWaits: 'Nothing is waiting for your decision.',
    unclearDecision: 'Please write just /allow, /allow always or /deny.',
    /** Below an answer that broke off, so that it cannot say this itself. */
    done: (title: string) => `“${title}” was done. There’s no need to ask me for it again.`,
    notDone: (title: string) => `“${title}” was not done.`,
    doneUnknown: (title: string) => `I don’t know whether “${title}” was done. Please check before you ask me again.`,
  },
  tools: {
    list: 'I can use these tools here:',
    none: 'I have no tools here.',
    asks: 'I ask you first',
    notReachable: (servers: string) => `Not reachable at the moment: ${servers}`,
    alwaysAllowed: 'you chose Always allow',
    howToRevoke: 'To be asked again, write /tools ask.',
    revoked: 'From now on, I’ll ask you again each time.',
  },
  sources: { heading: 'Sources:', page: (page: number) => `page ${page}` },
  audio: {
    gone: 'I no longer have the audio of this answer. Please ask me again.',
    /** Below an answer whose audio the channel cannot carry or refused. */
    notDelivered: '(I couldn’t send the audio of this answer here. To hear it, please ask for a shorter answer.)',
    fileName: 'voice-reply.wav',
    fileOffer: 'The audio of my answer, as a file for your OneDrive.',
    /** Sent when the card that says so cannot be. */
    saved: 'I saved it to your OneDrive.',
    saving: 'I’m already saving it. One moment, please.',
    savedBefore: 'This answer is already in your files.',
    notSaved: 'I couldn’t save the file. Please press “Save .wav” again.',
  },
  limits: {
    tooFast: 'That was a lot in one minute. Please wait a moment and send that again.',
    day: 'My budget for today is used up. Please come back tomorrow (UTC), or contact the person who runs this bot.',
    person:
      'Your budget for today is used up. Please come back tomorrow (UTC), or contact the person who runs this bot.',
    conversation: 'The budget of this conversation is used up. Please contact the person who runs this bot.',
  },
  /** `by`: who gave the command, in a chat of several people. */
  commands: {
    does: {
      help: 'list what you can ask me to do',
      talk: 'speak to me with your microphone',
      reset: 'start a new conversation; I forget what was said',
      forget: 'delete everything I store about this conversation; I ask first',
      voice: 'choose my voice (/voice and a name)',
      audio: 'turn my voice off or on (/audio off, /audio on)',
      stop: 'stop my answer and drop waiting messages',
      usage: 'show what this conversation has used',
      tools: 'list what I can look up and do for you',
      allow: 'allow what I asked you about last',
      deny: 'deny what I asked you about last',
    } satisfies Record<CommandName, string> as Record<CommandName, string>,
    unknown: (written: string) => `I don’t know /${written}. Please choose one of these:`,
    reset: (by: string | undefined) =>
      `${by === undefined ? 'This is' : `${by} started`} a new conversation. I’ve forgotten what was said before.`,
    confirmForget: (by: string | undefined) =>
      `Delete everything I store about this conversation? That covers what was said, its settings, the audio of my answers and recordings, and waiting messages. This can’t be undone. To delete it, please ${by === undefined ? 'write' : 'mention me with'} /forget yes.`,
    forgotten: (by: string | undefined) =>
      `${by === undefined ? '' : `${by} asked me to forget. `}Everything I stored about this conversation has been deleted.`,
    voice: (voice: string, by: string | undefined) =>
      `${by === undefined ? '' : `${by} chose a voice. `}I’ll speak as ${voice} from my next answer.`,
    chooseVoice: 'Which voice would you like?',
    useVoice: 'Use this voice',
    voiceIs: (voice: string) => `I speak as ${voice}.`,
    voiceUnknown: (voice: string) => `I don’t have a voice called “${voice}”.`,
    /** Below an answer in the configured voice. */
    voiceRefused: (refused: string, voice: string) =>
      `(The voice ${refused} isn’t available here, so I’m speaking as ${voice} again. To choose another one, write /voice.)`,
    audioOn: (by: string | undefined) =>
      `${by === undefined ? '' : `${by} turned my voice on. `}I’ll speak from my next answer.`,
    audioOff: (by: string | undefined) =>
      `${by === undefined ? '' : `${by} turned my voice off. `}From my next answer, I’ll only write.`,
    audioHow: 'Please write /audio on or /audio off.',
    stopped: (droppedCount: number) =>
      droppedCount === 0
        ? 'I’ve stopped. No other message was waiting.'
        : `I’ve stopped, and dropped ${droppedCount === 1 ? 'the message that was' : `the ${droppedCount} messages that were`} waiting. Please send again what you still need.`,
  },
  attachments: {
    /** The transcript of a voice message, above the answer. */
    heard: (text: string, by: string | undefined) => `${by === undefined ? 'You' : by} said: “${text}”`,
    /** Below the apology for a message with audio or pictures that the service refused. */
    leaveOut:
      'If your attachment was the problem: this model may not be able to read it. Please send your message without it.',
    notRead: {
      address_refused: (name) =>
        `I can’t open the place where ${file(name)} is stored. Please attach the file itself to your message.`,
      not_fetched: (name) => `I couldn’t download ${file(name)}. Please send it again.`,
      too_slow: (name) => `I took too long to read ${file(name)}. Please send it again, or send a smaller one.`,
      too_large: (name) =>
        `I can’t read ${file(name)} because it’s too large. Please send a smaller one: audio up to 3 minutes and 15 MB, pictures up to 15 MB and 25 megapixels, text up to 30 kB.`,
      too_long: (name) =>
        `I can’t listen to all of ${file(name)} because it’s too long. Please send a shorter one: up to 3 minutes and 15 MB.`,
      kind_unknown: (name) => `I can’t tell what ${file(name)} is. ${READABLE}`,
      kind_unsupported: (name) => `I can’t read files like ${file(name)}. ${READABLE}`,
      page_instead: (name) =>
        `I got a link to a page instead of ${file(name)}. Please attach the file itself to your message.`,
      damaged: (name) => `I can’t read ${file(name)}: it seems to be damaged or incomplete. Please send it again.`,
      busy: (name) => `I’m reading too many files right now. Please send ${file(name)} again in a minute.`,
      sign_in_needed: (name) =>
        `I’m not allowed to open ${file(name)} where it’s stored. Please save it to your device and attach it from there.`,
    } satisfies Record<AttachmentErrorCode, (name: string | undefined) => string>,
    voiceClip:
      'Teams doesn’t give me voice messages recorded in Teams. Please write /talk to speak to me, type your message, or attach an audio file (WAV, MP3 or Ogg/Opus).',
    voiceClipNoPage:
      'Teams doesn’t give me voice messages recorded in Teams. Please type your message, or attach an audio file (WAV, MP3 or Ogg/Opus).',
    recordingLost: 'I couldn’t listen to your recording. Please write /talk and record it again.',
    videoClip: 'I can’t watch videos. Please write me a message or send a picture.',
    withheldFile: 'Teams didn’t give me what you attached. Please save it to your device and attach it from there.',
    withheldFileInGroup:
      'Teams doesn’t give me files sent in channels and group chats. Please send it in a one-to-one chat with me.',
    loop: (url: string | undefined) =>
      `I can’t read Loop components. Please copy the text${url === undefined ? '' : ` from ${url}`} into a message to me.`,
    unreadable: 'Your message contains something I can’t read, such as a card. Please tell me what it says.',
    tooMany: (maxFiles: string, leftOut: string) =>
      `I read up to ${maxFiles} files per message and left out ${leftOut}. Please send the rest in another message.`,
  },
  recording: {
    invited: (by: string | undefined) =>
      `${by === undefined ? 'You can speak to me here' : `${by}, you can speak to me here`}. This is for you alone and for one message. You can open it for ten minutes.`,
    open: '🎙 Speak',
    shared:
      'In this chat, several people would have your link to speak to me. Please write /talk in a one-to-one chat with me.',
    unreachable:
      'I have no page here on which you can speak to me. Please type your message, or attach an audio file (WAV, MP3 or Ogg/Opus).',
    notYours: 'Someone else was invited to speak here. Please write /talk to get your own button.',
    ended:
      'This invitation to speak was already used or has expired. If you just sent a recording, my answer will come in the chat. Otherwise, please write /talk there again.',
    endedTitle: 'This invitation has ended',
    title: 'Speak to the bot',
    intro: (minutes: string) => `Record a message of up to ${minutes} minutes. It is sent only when you press “Send”.`,
    record: 'Record',
    stop: 'Stop',
    recordAgain: 'Record again',
    send: 'Send',
    recording: 'Your recording',
    listen: 'Listen to your recording',
    of: (elapsed: string, duration: string) => `${elapsed} of ${duration}`,
    asking: 'Please allow access to your microphone.',
    listening: 'Recording. Please speak now.',
    almostFull: (left: string) => `${left} seconds left.`,
    full: (minutes: string) =>
      `You’ve recorded ${minutes} minutes, the most I can accept. Listen to it, send it, or record again.`,
    recorded: 'Recorded. Listen to it, send it, or record again.',
    unreadable: 'I can’t hear anything in it. Please record again.',
    uploading: 'Your last recording is still on its way to me. Please wait a moment, then press “Send” again.',
    tooLate:
      'It’s too late to record again. You can still send this recording, or write /talk in the chat to record another one.',
    tooShort:
      'That was too short to hear anything. Please press “Record” again, and “Stop” when you’ve finished speaking.',
    silent: 'Recorded, but I can hear almost nothing. Please check that the right microphone is on, and record again.',
    refused:
      'I don’t have access to your microphone. Please allow it in your browser’s settings, or in Teams under Settings, App permissions. Then press “Record” again.',
    noMicrophone: 'I can’t find a microphone. Please connect one and press “Record” again.',
    microphoneInUse:
      'Your microphone isn’t available right now. Please check that no other program is using it, and press “Record” again.',
    notHere: 'Recording doesn’t work in this window. Please open the page in an up-to-date browser.',
    sending: 'Sending…',
    sent: 'Sent. The answer will come in the chat; you can close this page.',
    notSent: 'Your recording wasn’t sent. Please check that you’re online, and press “Send” again.',
    needsScript: 'Recording needs JavaScript. Please turn it on for this page.',
  },
  usage: {
    title: 'This conversation so far:',
    turns: (turns: string) => `questions: ${turns}`,
    audio: (duration: string) => `speech: ${duration}`,
    tokens: (tokens: { in: string; cached: string; out: string }) =>
      `tokens: ${tokens.in} in (${tokens.cached} of them from the cache), ${tokens.out} out`,
    cost: (usd: string, date: string) => `estimated cost: ${usd} (prices of ${date})`,
    costUnknown: 'estimated cost: unknown for this model',
  },
  ...enPages,
};

/** The texts of one language. */
export type Messages = typeof en;
