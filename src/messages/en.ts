import type { AttachmentErrorCode } from '../errors.ts';
import type { CommandName } from './command-names.ts';

const READABLE =
  'Please send sound as WAV, MP3 or Ogg/Opus, a picture as PNG, JPEG, GIF or BMP, or a text file of up to 30 kB.';

function file(name: string | undefined): string {
  return name === undefined ? 'your file' : `“${name}”`;
}

/** Every text that users see; English also serves languages without a file. Short, kind, and it says what to do next. */
export const en = {
  language: 'en',
  welcome:
    'Hello! Write me a message and I will answer in text and with my voice. You can also send me a picture or a voice message, or write /help to see what else I can do.',
  /** Sent where the bot answers only messages that mention it. */
  welcomeGroup:
    'Hello! Mention me in a message and I will answer in text and with my voice. Mention me with /voice to choose how I sound, or with /help to see what else I can do.',
  textMissing:
    'I found nothing in your message that I can read. Please write to me, or send a voice message, a picture or a text file.',
  textTooLong: (maxChars: string) =>
    `That message is too long for me. Please send it in parts of up to ${maxChars} characters.`,
  queueFull: 'I am still busy with your earlier messages. Please send that again when I have answered them.',
  notAllowed: 'I am sorry, I am not open to your account. Please ask the person who runs this bot.',
  shuttingDown: 'I am being restarted. Please send that again in a minute.',
  storage: {
    lasting: 'I cannot reach my memory right now. Your message is safe, and my answer follows as soon as I can.',
    notStored:
      'I cannot take messages right now, because I cannot reach my memory. Please send that again in some minutes.',
  },
  /** Ends the text so far when the whole answer is sent later in a message of its own. */
  interrupted: '(I was interrupted here. My answer follows in a new message.)',
  /** Shown until the first words of an answer; up to 1,000 characters. */
  working: 'Finding my words …',
  voiceReply: '(voice reply)',
  audioTitle: 'Voice reply',
  listen: (duration: string) => `Listen (${duration})`,
  /** Below an answer that ends early. */
  cutShort: {
    length: '(I stopped here because the answer became too long. Ask me to go on.)',
    lost: '(My answer broke off here. Please ask me again for the rest.)',
    filter: 'I stopped this answer because of the content rules I follow. Please try to ask in another way.',
    cancelled: '(I was stopped here.)',
  },
  apologies: {
    misconfigured:
      'I cannot use my voice service because of how I am set up. Please tell the person who runs this bot.',
    crowded: 'Too many people are talking to me right now. Please try again in a minute.',
    broken: 'My voice service had a problem and I have no answer. Please send that again.',
    slow: 'My voice service took too long to answer. Please send that again.',
    unanswerable: 'I could not make an answer to that. Please try to say it in another way.',
    cancelled: 'I stopped, as you asked. Please write again whenever you like.',
    restarting: 'I am being restarted. Please send that again in a minute.',
    internal: 'Something went wrong on my side. Please send that again.',
  },
  incident: (id: string) => `(incident ${id})`,
  card: {
    play: (duration: string) => `▶ Play ${duration}`,
    openInBrowser: 'Open in browser',
    save: 'Save .wav',
  },
  toolWorking: (title: string) => `Using “${title}”…`,
  sources: { heading: 'Sources:', page: (page: number) => `page ${page}` },
  audio: {
    gone: 'I do not have the sound of this answer any more. Please ask me again.',
    /** Below an answer whose audio the channel cannot carry or refused. */
    notDelivered: '(I could not send the sound of this answer here. Please ask me for a shorter answer to hear it.)',
    fileName: 'voice-reply.wav',
    fileOffer: 'The sound of my answer, as a file in your OneDrive.',
    /** Sent when the card that says so cannot be. */
    saved: 'I saved it in your OneDrive.',
    saving: 'I am saving it already. One moment, please.',
    savedBefore: 'This answer is in your files already.',
    notSaved: 'I could not save the file. Please press “Save .wav” again.',
  },
  limits: {
    tooFast: 'That was a lot in one minute. Please wait a moment and send that again.',
    day: 'My budget for today is used up. Please come back tomorrow (UTC), or ask the person who runs this bot.',
    person:
      'Your own budget for today is used up. Please come back tomorrow (UTC), or ask the person who runs this bot.',
    conversation: 'The budget of this conversation is used up. Please ask the person who runs this bot.',
  },
  /** `by`: who gave the command, in a chat of several people. */
  commands: {
    does: {
      help: 'what you can tell me',
      talk: 'speak to me with your microphone',
      reset: 'begin a new conversation; I forget what was said',
      forget: 'delete all that I keep of this conversation; I ask you first',
      voice: 'choose my voice: /voice and a name',
      audio: '/audio off and I only write, /audio on and I speak again',
      stop: 'stop my answer, and drop what waits',
      usage: 'what this conversation has used',
    } satisfies Record<CommandName, string>,
    unknown: (written: string) => `I do not know /${written}. Please choose one of these:`,
    reset: (by: string | undefined) =>
      `${by === undefined ? 'We begin' : `${by} begins`} a new conversation. I have forgotten what was said before.`,
    confirmForget: (by: string | undefined) =>
      `Shall I delete all that I keep of this conversation? That is what was said, what was chosen for it, the sound of my answers and recordings, and messages that wait. It cannot be undone. To delete it, please ${by === undefined ? 'write' : 'mention me with'} /forget yes.`,
    forgotten: (by: string | undefined) =>
      `${by === undefined ? '' : `${by} asked me to forget. `}All that I kept of this conversation is deleted.`,
    voice: (voice: string, by: string | undefined) =>
      `${by === undefined ? '' : `${by} chose a voice. `}From my next answer on I speak as ${voice}.`,
    chooseVoice: 'Which voice shall I have?',
    useVoice: 'Use this voice',
    voiceIs: (voice: string) => `I speak as ${voice}.`,
    voiceUnknown: (voice: string) => `I have no voice called “${voice}”.`,
    /** Below an answer in the configured voice. */
    voiceRefused: (refused: string, voice: string) =>
      `(The voice ${refused} is not available here. I speak as ${voice} again; please write /voice to choose another one.)`,
    audioOn: (by: string | undefined) =>
      `${by === undefined ? '' : `${by} switched my voice on. `}From my next answer on I speak.`,
    audioOff: (by: string | undefined) =>
      `${by === undefined ? '' : `${by} switched my voice off. `}From my next answer on I only write.`,
    audioHow: 'Please write /audio on or /audio off.',
    stopped: 'Stopped.',
  },
  attachments: {
    /** The transcript of a voice message, above the answer. */
    heard: (text: string, by: string | undefined) => `${by === undefined ? 'You' : by} said: “${text}”`,
    /** Below the apology for a message with audio or pictures that the service refused. */
    leaveOut:
      'If it was what you attached: this model may not be able to read it. Please send your message without it.',
    notRead: {
      address_refused: (name) =>
        `I do not go to the place where ${file(name)} is kept. Please attach the file itself to your message.`,
      not_fetched: (name) => `I could not get ${file(name)}. Please send it again.`,
      too_slow: (name) => `It took me too long to read ${file(name)}. Please send it again, or a smaller one.`,
      too_large: (name) =>
        `I cannot read ${file(name)} because it is too large. Please send a smaller one: sound up to 3 minutes and 15 MB, pictures up to 15 MB and 25 megapixels, texts up to 30 kB.`,
      too_long: (name) =>
        `I cannot listen to all of ${file(name)}, it is too long. Please send a shorter one: up to 3 minutes and 15 MB.`,
      kind_unknown: (name) => `I do not know what ${file(name)} is. ${READABLE}`,
      kind_unsupported: (name) => `I cannot read files like ${file(name)}. ${READABLE}`,
      page_instead: (name) =>
        `A link to a page came instead of ${file(name)}. Please attach the file itself to your message.`,
      damaged: (name) =>
        `I cannot read ${file(name)}: it seems to be damaged, or its end is missing. Please send it again.`,
      busy: (name) => `I am reading too many files right now. Please send ${file(name)} again in a minute.`,
      sign_in_needed: (name) =>
        `I am not allowed to open ${file(name)} where it is stored. Please save it to your device and attach it from there.`,
    } satisfies Record<AttachmentErrorCode, (name: string | undefined) => string>,
    voiceClip:
      'Teams does not give me the voice messages that are recorded in it. Please write /talk to speak to me, type your message, or attach a sound file (WAV, MP3 or Ogg/Opus).',
    voiceClipNoPage:
      'Teams does not give me the voice messages that are recorded in it. Please type your message, or attach a sound file (WAV, MP3 or Ogg/Opus).',
    recordingLost: 'I could not listen to your recording. Please write /talk again, and speak to me once more.',
    videoClip: 'I cannot watch videos. Please write me a message, or send a picture.',
    withheldFile: 'Teams did not give me what you attached. Please save it to your device and attach it from there.',
    withheldFileInGroup:
      'Teams does not give me files that are sent in channels and group chats. Please send it in a chat that you have with me alone.',
    loop: (url: string | undefined) =>
      `I cannot read Loop components. Please copy the text${url === undefined ? '' : ` from ${url}`} into a message to me.`,
    unreadable: 'There is something in your message that I cannot read, such as a card. Please write me what it says.',
    tooMany: (most: string, leftOut: string) =>
      `I read up to ${most} files of a message and left out ${leftOut}. Please send the rest in another message.`,
  },
  recording: {
    invited: (by: string | undefined) =>
      `${by === undefined ? 'Here you can speak to me' : `${by}, here you can speak to me`}. This is for you alone, for one message, and can be opened for ten minutes.`,
    open: '🎙 Speak',
    shared:
      'Here several people would have the link with which you speak to me. Please write /talk in a chat that I have with you alone.',
    unreachable:
      'I have no page here on which you could speak to me. Please type your message, or attach a sound file (WAV, MP3 or Ogg/Opus).',
    notYours: 'Somebody else was invited to speak here. Please write /talk to get a button of your own.',
    ended:
      'This invitation to speak was used, or is too old. If you have just sent something, my answer comes in the chat. Otherwise please write /talk there once more.',
    endedTitle: 'This invitation has ended',
    title: 'Speak to the bot',
    intro: (most: string) =>
      `Record a message of up to ${most} minutes. It is sent when you press “Send”, and not before.`,
    record: 'Record',
    stop: 'Stop',
    recordAgain: 'Record anew',
    send: 'Send',
    recording: 'Your recording',
    listen: 'Listen to your recording',
    of: (elapsed: string, most: string) => `${elapsed} of ${most}`,
    asking: 'Please allow the use of your microphone.',
    listening: 'Recording. Please speak now.',
    almostFull: (left: string) => `${left} seconds are left.`,
    full: (most: string) =>
      `${most} minutes are recorded, which is all I can take. Listen to it, send it, or record it anew.`,
    recorded: 'Recorded. Listen to it, send it, or record it anew.',
    unreadable: 'There is no sound in it that I can hear. Please record it anew.',
    uploading: 'A recording of yours is still on its way to me. Please wait a moment, then press “Send” again.',
    tooShort: 'That was too short to hear anything. Please press “Record” again, and “Stop” once you have spoken.',
    silent:
      'Recorded, but I hear almost nothing in it. Please see that the right microphone is on, and record it anew.',
    refused:
      'I may not use your microphone. Please allow it in the settings of your browser, or in Teams under Settings, App permissions; then press “Record” again.',
    noMicrophone: 'I find no microphone. Please connect one, and press “Record” again.',
    microphoneInUse:
      'Your microphone cannot be used right now. Please see whether another program has it, and press “Record” again.',
    notHere: 'Recording does not work in this window. Please open the page in a browser of today.',
    notLoaded: 'Part of this page could not be loaded. Please see whether you are online, and press “Record” again.',
    sending: 'Sending …',
    sent: 'Sent. The answer comes in the chat; you can close this page.',
    notSent: 'It could not be sent. Please see whether you are online, and press “Send” again.',
    needsScript: 'Recording needs JavaScript. Please switch it on for this page.',
  },
  usage: {
    title: 'This conversation so far:',
    turns: (turns: string) => `questions: ${turns}`,
    audio: (duration: string) => `speech: ${duration}`,
    tokens: (tokens: { in: string; cached: string; out: string }) =>
      `tokens: ${tokens.in} in (${tokens.cached} of them from the cache), ${tokens.out} out`,
    cost: (usd: string, date: string) => `estimated cost: ${usd} (prices of ${date})`,
    costUnknown: 'estimated cost: not known for this model',
  },
  player: {
    play: 'Play',
    pause: 'Pause',
    playAgain: 'Play again',
    position: 'Position',
    of: (position: string, duration: string) => `${position} of ${duration}`,
    speed: 'Speed',
    download: 'Download',
    transcript: 'Transcript',
    notPlayable: 'The sound could not be loaded. It may not be kept any more: please ask the bot again.',
    notFoundTitle: 'Nothing to hear here',
  },
  home: {
    title: 'This is a voice bot',
    where: 'You talk to it in a chat client, such as Microsoft Teams or Web Chat, and not on this page.',
    health: 'Is it running?',
    endpoint: 'Address for chat clients:',
  },
  /** The page about the bot. Its texts have to hold for every configuration. */
  about: {
    language: 'English',
    languages: 'Languages',
    title: 'About this bot',
    what: 'This chat bot answers every message in text and in a spoken voice. In group chats and channels it hears only what mentions it. Write /help to see what else you can tell it.',
    aiTitle: 'The answers come from an AI',
    ai: 'An AI model makes the answers and the voice; no person writes or speaks them. They can be wrong or incomplete, however sure they sound. Please check what matters before you rely on it.',
    privacyTitle: 'Privacy: what happens to your messages',
    sent: 'Your messages, and what was said before in the same conversation, are sent to the model service that this bot is set up with: Azure OpenAI, OpenAI or a compatible one. The language setting of your chat client goes with them, and in group chats and channels the names of those who write. What that service keeps is for its own terms to say.',
    keptTitle: 'What the bot keeps, and for how long',
    keptTalk: (duration: string) =>
      `What was said in a conversation, what was chosen for it and how much it has used: until nothing has been said there for ${duration}.`,
    keptSound: (duration: string) =>
      `The sound of an answer, with its text: for ${duration}. Whoever has a link to it can play it for as long as the link lasts, at most until then.`,
    keptSpoken: (duration: string, holds: string) =>
      `What you record on the page behind /talk and send, as sound: for ${duration}. Whom that page is for: for ${holds}, or until it is used.`,
    keptWaiting: 'A message that waits for its answer: until it is answered.',
    keptFailed: (duration: string) =>
      `A message that could not be answered: for ${duration}, so that whoever runs this bot can find out why.`,
    inMemory:
      'All of this is in the memory of the running program alone. It is gone when the program ends, and may go earlier to make room.',
    inDatabase:
      'All of this is in a database that the operator of this bot has set up. What is older is not used any more, and is removed. Backups of the database keep what was deleted for as long as they are kept.',
    audioInAccount:
      'The sound is an exception: it is in a storage account that the operator of this bot has set up, and is removed there when it is older.',
    logs: 'The log of the program, and its measurements where they are switched on, hold technical facts, such as the ids of conversations, messages and people, and whether an answer was rated up or down, but not what people say. The pages of the bot set no cookies.',
    elsewhere:
      'Your chat client keeps the chat by rules of its own. An answer that you save as a file in Teams is in your own OneDrive.',
    forgetTitle: 'How to have it deleted',
    forget:
      'Write /forget to the bot, and /forget yes when it asks. All that it keeps of that conversation is deleted, its sound too, and the links to the sound end. The same happens when the bot is removed from a chat.',
    reset:
      'Write /reset if it shall only forget what was said. Neither reaches what your chat client, the model service or your own files keep.',
    termsTitle: 'Terms of use',
    terms:
      'Whoever runs this bot decides who may use it, and how much. Please use it lawfully and with respect for others, and send it only what you may share with the model service. The bot is offered as it is: nobody promises that it is always there, or that its answers are right.',
    responsibleTitle: 'Who is responsible',
    responsible:
      'The person or organisation that runs this bot. If you do not know who that is, please ask whoever gave you the bot, or the administrators of your organisation.',
  },
  /** How Teams presents the app: up to 100, 80 and 4,000 characters. */
  teamsApp: {
    fullName: (name: string) => `${name}: answers in text and in a spoken voice`,
    short: 'Answers every message in text and in a spoken voice.',
    full: 'Write a message and get the answer in text and in a spoken voice. “▶ Play” below an answer plays it in Teams; in personal chats you can save it as a file, too. Write /talk to speak to the bot with your microphone.\n\nThe bot works in personal chats, and in group chats and channels, where it hears what mentions it. Every conversation has a memory of its own. Write /help to see what you can tell it: choose its voice, switch its voice off, have everything deleted.\n\nAn AI model makes the answers, and they can be wrong. What is kept, and for how long, stands on the page behind the link to the privacy policy.',
  },
};

/** The texts of one language. */
export type Messages = typeof en;
