/** The English texts outside of the chat: the bot's own pages, and the app in Teams. */
export const enPages = {
  player: {
    play: 'Play',
    pause: 'Pause',
    playAgain: 'Play again',
    position: 'Position',
    of: (position: string, duration: string) => `${position} of ${duration}`,
    speed: 'Speed',
    download: 'Download',
    transcript: 'Transcript',
    notPlayable: 'The audio didn’t load. It may no longer be stored: please ask the bot again.',
    notFoundTitle: 'Nothing to hear here',
  },
  home: {
    title: 'This is a voice bot',
    where: 'You talk to it in a chat client such as Microsoft Teams or Web Chat, not on this page.',
    chat: 'Open the chat',
    health: 'Is it running?',
    endpoint: 'Address for chat clients:',
  },
  /** The page about the bot. Its texts have to hold for every configuration. */
  about: {
    language: 'English',
    languages: 'Languages',
    title: 'About this bot',
    what: 'This chat bot answers every message in text and in a spoken voice. In group chats and channels it reads only messages that mention it. Write /help to see what else you can ask it to do.',
    aiTitle: 'The answers come from an AI',
    ai: 'An AI model creates the answers and the voice; no person writes or speaks them. They can be wrong or incomplete, however confident they sound. Please check anything important before you rely on it.',
    privacyTitle: 'Privacy: what happens to your messages',
    sent: 'Your messages, and what was said before in the same conversation, are sent to the model service that this bot uses: Azure OpenAI, OpenAI or a compatible one. The language setting of your chat client goes with them, and in group chats and channels the names of the people who write. What that service keeps is governed by its own terms.',
    keptTitle: 'What the bot keeps, and for how long',
    keptHistory: (duration: string) =>
      `What was said in a conversation, its settings and its usage: until nothing has been said there for ${duration}.`,
    keptReplyAudio: (duration: string) =>
      `The audio of an answer, with its text: for ${duration}. Anyone with a link to it can play it for as long as the link lasts, at most until then.`,
    keptRecordings: (duration: string, holds: string) =>
      `What you record and send on the page behind /talk, as audio: for ${duration}. Whom that page was made for is kept for ${holds}, or until the page is used.`,
    keptWaiting: 'A message waiting for its answer: until it is answered.',
    keptFailed: (duration: string) =>
      `A message that could not be answered: for ${duration}, so that the operator of this bot can find out why.`,
    inMemory:
      'All of this is only in the memory of the running program. It is gone when the program ends, and may go earlier to make room.',
    inDatabase:
      'All of this is in a database that the operator of this bot has set up. Data that is older than these times is no longer used, and is removed. Backups of the database keep deleted data for as long as they are kept.',
    audioInAccount:
      'Audio is the exception: it is in a storage account that the operator of this bot has set up, and audio that is older than these times is removed there.',
    logs: 'The log of the program, and its measurements where they are enabled, contain technical facts, such as the ids of conversations, messages and people, and whether an answer was rated up or down. They do not contain what people say. The pages of the bot set no cookies.',
    elsewhere:
      'Your chat client keeps the chat by its own rules. An answer that you save as a file in Teams is in your own OneDrive.',
    forgetTitle: 'How to have it deleted',
    forget:
      'Write /forget to the bot, and /forget yes when it asks. Everything it keeps of that conversation is deleted, including audio, and links to the audio stop working. The same happens when the bot is removed from a chat.',
    reset:
      'Write /reset if it should only forget what was said. Neither affects what your chat client, the model service or your own files keep.',
    termsTitle: 'Terms of use',
    terms:
      'The operator of this bot decides who may use it, and how much. Please use it lawfully and with respect for others, and send it only what you may share with the model service. The bot is offered as it is: nobody promises that it is always available, or that its answers are right.',
    responsibleTitle: 'Who is responsible',
    responsible:
      'The person or organisation that runs this bot. If you do not know who that is, please ask the person who gave you the bot, or the administrators of your organisation.',
  },
  /** How Teams presents the app: up to 100, 80 and 4,000 characters. */
  teamsApp: {
    fullName: (name: string) => `${name}: answers in text and in a spoken voice`,
    short: 'Answers every message in text and in a spoken voice.',
    full: 'Write a message and get the answer in text and in a spoken voice. “▶ Play” below an answer plays it in Teams; in personal chats you can also save it as a file. Write /talk to speak to the bot with your microphone.\n\nThe bot works in personal chats, group chats and channels. In groups it reads only messages that mention it. Every conversation has its own memory. Write /help to see what you can ask it to do: change its voice, turn its voice off, delete everything.\n\nAn AI model creates the answers, and they can be wrong. The privacy policy page says what is kept, and for how long.',
  },
};

/** The texts outside of the chat in one language. */
export type PageMessages = typeof enPages;
