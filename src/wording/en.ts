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
