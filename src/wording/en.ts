import type { Wording } from './wording.ts';

/** English, and what is said to everybody whose language is not here. */
export const en: Wording = {
  language: 'en',
  welcome: 'Hello! Write me a message and I will answer in text and with my voice.',
  textMissing: 'I can only read text for now. Please write me a message.',
  textTooLong: (mostChars) =>
    `That message is too long for me. Please send it in parts of up to ${mostChars} characters.`,
  queueFull: 'I am still busy with your earlier messages. Please send that again when I have answered them.',
  notAllowed: 'I am sorry, I am not open to your account. Please ask the person who runs this bot.',
  shuttingDown: 'I am being restarted. Please send that again in a minute.',
  storage: {
    lasting: 'I cannot reach my memory right now. Your message is safe, and my answer follows as soon as I can.',
    notKept:
      'I cannot take messages right now, because I cannot reach my memory. Please send that again in some minutes.',
  },
  working: 'Finding my words …',
  voiceReply: '(voice reply)',
  audioTitle: 'Voice reply',
  listen: (duration) => `Listen (${duration})`,
  cutShort: {
    length: '(I stopped here because the answer became too long. Ask me to go on.)',
    lost: '(My answer broke off here. Please ask me again for the rest.)',
    filter: 'I stopped this answer because of the content rules I follow. Please try to ask in another way.',
    cancelled: '',
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
  incident: (id) => `(incident ${id})`,
  card: {
    play: (duration) => `▶ Play ${duration}`,
    openInBrowser: 'Open in browser',
    save: 'Save .wav',
  },
  audio: {
    gone: 'I do not have the sound of this answer any more. Please ask me again.',
    fileName: 'voice-reply.wav',
    fileOffer: 'The sound of my answer, as a file in your OneDrive.',
    saved: 'I saved it in your OneDrive.',
    saving: 'I am saving it already. One moment, please.',
    savedBefore: 'This answer is in your files already.',
    notSaved: 'I could not save the file. Please press “Save .wav” again.',
  },
  limits: {
    tooFast: 'That was a lot in one minute. Please wait a moment and send that again.',
    day: 'My budget for today is used up. Please come back tomorrow (UTC), or ask the person who runs this bot.',
    conversation: 'The budget of this conversation is used up. Please ask the person who runs this bot.',
  },
  commands: {
    does: {
      help: 'what you can tell me',
      reset: 'begin a new conversation; I forget what was said',
      forget: 'delete all that I keep of this conversation, its sound too',
      voice: 'choose my voice: /voice and a name',
      audio: '/audio off and I only write, /audio on and I speak again',
      stop: 'stop my answer, and drop what waits',
      usage: 'what this conversation has used',
    },
    unknown: (written) => `I do not know /${written}. Please choose one of these:`,
    reset: (by) =>
      `${by === undefined ? 'We begin' : `${by} begins`} a new conversation. I have forgotten what was said before.`,
    forgotten: (by) =>
      `${by === undefined ? '' : `${by} asked me to forget. `}All that I kept of this conversation is deleted.`,
    voice: (voice, by) =>
      `${by === undefined ? '' : `${by} chose a voice. `}From my next answer on I speak as ${voice}.`,
    chooseVoice: 'Which voice shall I have?',
    useVoice: 'Use this voice',
    voiceIs: (voice) => `I speak as ${voice}.`,
    voiceUnknown: (voice) => `I have no voice called “${voice}”.`,
    audioOn: (by) => `${by === undefined ? '' : `${by} switched my voice on. `}From my next answer on I speak.`,
    audioOff: (by) => `${by === undefined ? '' : `${by} switched my voice off. `}From my next answer on I only write.`,
    audioHow: 'Please write /audio on or /audio off.',
    stopped: 'Stopped.',
  },
  usage: {
    title: 'This conversation so far:',
    turns: (turns) => `questions: ${turns}`,
    audio: (duration) => `speech: ${duration}`,
    tokens: (tokens) => `tokens: ${tokens.in} in (${tokens.cached} of them from the cache), ${tokens.out} out`,
    cost: (usd, date) => `estimated cost: ${usd} (prices of ${date})`,
    costUnknown: 'estimated cost: not known for this model',
  },
  player: {
    play: 'Play',
    pause: 'Pause',
    playAgain: 'Play again',
    position: 'Position',
    of: (position, duration) => `${position} of ${duration}`,
    transcript: 'Transcript',
    notPlayable: 'The sound could not be loaded. It may not be kept any more: please ask the bot again.',
    notFoundTitle: 'Nothing to hear here',
  },
};
