import type { Wording } from './wording.ts';

/** German. */
export const de: Wording = {
  language: 'de',
  welcome: 'Hallo! Schreiben Sie mir eine Nachricht, und ich antworte mit Text und mit meiner Stimme.',
  textMissing: 'Ich kann vorerst nur Text lesen. Bitte schreiben Sie mir eine Nachricht.',
  textTooLong: (mostChars) =>
    `Diese Nachricht ist zu lang für mich. Bitte senden Sie sie in Teilen von bis zu ${mostChars} Zeichen.`,
  queueFull:
    'Ich bin noch mit Ihren vorigen Nachrichten beschäftigt. Bitte senden Sie das noch einmal, wenn ich sie beantwortet habe.',
  notAllowed:
    'Es tut mir leid, ich bin für Ihr Konto nicht freigegeben. Bitte fragen Sie die Person, die diesen Bot betreibt.',
  shuttingDown: 'Ich werde gerade neu gestartet. Bitte senden Sie das in einer Minute noch einmal.',
  storage: {
    lasting:
      'Ich komme gerade nicht an mein Gedächtnis. Deine Nachricht ist sicher, meine Antwort folgt, sobald ich kann.',
    notKept:
      'Ich kann gerade keine Nachrichten annehmen, weil ich nicht an mein Gedächtnis komme. Bitte sende das in ein paar Minuten noch einmal.',
  },
  working: 'Ich formuliere meine Antwort …',
  voiceReply: '(gesprochene Antwort)',
  audioTitle: 'Gesprochene Antwort',
  listen: (duration) => `Anhören (${duration})`,
  cutShort: {
    length: '(Ich habe hier aufgehört, weil die Antwort zu lang wurde. Bitten Sie mich, weiterzusprechen.)',
    lost: '(Meine Antwort ist hier abgebrochen. Bitte fragen Sie noch einmal nach dem Rest.)',
    filter:
      'Ich habe diese Antwort wegen der Regeln abgebrochen, an die ich mich halte. Bitte fragen Sie auf andere Weise.',
    cancelled: '',
  },
  apologies: {
    misconfigured:
      'Ich kann meinen Sprachdienst nicht nutzen, weil ich falsch eingerichtet bin. Bitte sagen Sie es der Person, die diesen Bot betreibt.',
    crowded: 'Gerade sprechen zu viele Leute mit mir. Bitte versuchen Sie es in einer Minute noch einmal.',
    broken: 'Mein Sprachdienst hatte eine Störung, und ich habe keine Antwort. Bitte senden Sie das noch einmal.',
    slow: 'Mein Sprachdienst hat zu lange für die Antwort gebraucht. Bitte senden Sie das noch einmal.',
    unanswerable: 'Darauf habe ich keine Antwort zustande gebracht. Bitte sagen Sie es auf andere Weise.',
    cancelled: 'Ich habe wie gewünscht aufgehört. Bitte schreiben Sie wieder, wann immer Sie möchten.',
    restarting: 'Ich werde gerade neu gestartet. Bitte senden Sie das in einer Minute noch einmal.',
    internal: 'Bei mir ist etwas schiefgegangen. Bitte senden Sie das noch einmal.',
  },
  incident: (id) => `(Vorfall ${id})`,
  card: {
    play: (duration) => `▶ Abspielen ${duration}`,
    openInBrowser: 'Im Browser öffnen',
    save: 'Als .wav speichern',
  },
  audio: {
    gone: 'Ich habe den Ton dieser Antwort nicht mehr. Bitte fragen Sie mich noch einmal.',
    fileName: 'gesprochene-antwort.wav',
    fileOffer: 'Der Ton meiner Antwort, als Datei in Ihrem OneDrive.',
    saved: 'Ich habe sie in Ihrem OneDrive gespeichert.',
    saving: 'Ich speichere sie schon. Einen Moment, bitte.',
    savedBefore: 'Diese Antwort ist schon in Ihren Dateien.',
    notSaved: 'Ich konnte die Datei nicht speichern. Bitte drücken Sie noch einmal „Als .wav speichern“.',
  },
  limits: {
    tooFast: 'Das war viel in einer Minute. Bitte warten Sie kurz und senden Sie das noch einmal.',
    day: 'Mein Budget für heute ist aufgebraucht. Bitte kommen Sie morgen (UTC) wieder, oder fragen Sie die Person, die diesen Bot betreibt.',
    conversation:
      'Das Budget dieser Unterhaltung ist aufgebraucht. Bitte fragen Sie die Person, die diesen Bot betreibt.',
  },
  commands: {
    does: {
      help: 'was Sie mir sagen können',
      reset: 'eine neue Unterhaltung beginnen; ich vergesse, was gesagt wurde',
      forget: 'alles löschen, was ich von dieser Unterhaltung aufbewahre, auch den Ton',
      voice: 'meine Stimme wählen: /voice und ein Name',
      audio: 'mit /audio off schreibe ich nur noch, mit /audio on spreche ich wieder',
      stop: 'meine Antwort anhalten und verwerfen, was wartet',
      usage: 'was diese Unterhaltung verbraucht hat',
    },
    unknown: (written) => `/${written} kenne ich nicht. Bitte wählen Sie einen dieser Befehle:`,
    reset: (by) =>
      `${by === undefined ? 'Wir beginnen' : `${by} beginnt`} eine neue Unterhaltung. Was vorher gesagt wurde, habe ich vergessen.`,
    forgotten: (by) =>
      `${by === undefined ? '' : `${by} hat mich gebeten, alles zu vergessen. `}Alles, was ich von dieser Unterhaltung aufbewahrt habe, ist gelöscht.`,
    voice: (voice, by) =>
      `${by === undefined ? '' : `${by} hat eine Stimme gewählt. `}Ab meiner nächsten Antwort spreche ich als ${voice}.`,
    chooseVoice: 'Welche Stimme soll ich haben?',
    useVoice: 'Diese Stimme nehmen',
    voiceIs: (voice) => `Ich spreche als ${voice}.`,
    voiceUnknown: (voice) => `Eine Stimme namens „${voice}“ habe ich nicht.`,
    audioOn: (by) =>
      `${by === undefined ? '' : `${by} hat meine Stimme eingeschaltet. `}Ab meiner nächsten Antwort spreche ich.`,
    audioOff: (by) =>
      `${by === undefined ? '' : `${by} hat meine Stimme ausgeschaltet. `}Ab meiner nächsten Antwort schreibe ich nur.`,
    audioHow: 'Bitte schreiben Sie /audio on oder /audio off.',
    stopped: 'Angehalten.',
  },
  usage: {
    title: 'Diese Unterhaltung bisher:',
    turns: (turns) => `Fragen: ${turns}`,
    audio: (duration) => `Gesprochen: ${duration}`,
    tokens: (tokens) =>
      `Tokens: ${tokens.in} gelesen (davon ${tokens.cached} aus dem Zwischenspeicher), ${tokens.out} erzeugt`,
    cost: (usd, date) => `Geschätzte Kosten: ${usd} (Preise vom ${date})`,
    costUnknown: 'Geschätzte Kosten: für dieses Modell nicht bekannt',
  },
  player: {
    play: 'Abspielen',
    pause: 'Anhalten',
    playAgain: 'Noch einmal abspielen',
    position: 'Position',
    of: (position, duration) => `${position} von ${duration}`,
    transcript: 'Wortlaut',
    notPlayable:
      'Der Ton konnte nicht geladen werden. Vielleicht wird er nicht mehr aufbewahrt: Bitte fragen Sie den Bot noch einmal.',
    notFoundTitle: 'Hier gibt es nichts zu hören',
  },
  about: {
    language: 'Deutsch',
    languages: 'Sprachen',
    title: 'Über diesen Bot',
    what: 'Dieser Chatbot beantwortet jede Nachricht mit Text und mit gesprochener Stimme. In Gruppenchats und Kanälen hört er nur, worin er erwähnt wird. Schreiben Sie /help, um zu sehen, was Sie ihm noch sagen können.',
    aiTitle: 'Die Antworten kommen von einer KI',
    ai: 'Ein KI-Modell erzeugt die Antworten und die Stimme; kein Mensch schreibt oder spricht sie. Sie können falsch oder unvollständig sein, auch wenn sie sicher klingen. Bitte prüfen Sie, was wichtig ist, bevor Sie sich darauf verlassen.',
    privacyTitle: 'Datenschutz: was mit Ihren Nachrichten geschieht',
    sent: 'Ihre Nachrichten und was in derselben Unterhaltung vorher gesagt wurde, gehen an den Modelldienst, mit dem dieser Bot eingerichtet ist: Azure OpenAI, OpenAI oder einen kompatiblen. Die Spracheinstellung Ihres Chatprogramms geht mit, in Gruppenchats und Kanälen auch die Namen derer, die schreiben. Was jener Dienst aufbewahrt, sagen seine eigenen Bedingungen.',
    keptTitle: 'Was der Bot aufbewahrt, und wie lange',
    keptTalk: (duration) =>
      `Was in einer Unterhaltung gesagt wurde, was für sie gewählt wurde und was sie verbraucht hat: bis dort ${duration} lang nichts mehr gesagt wurde.`,
    keptSound: (duration) =>
      `Den Ton einer Antwort mit ihrem Text: ${duration} lang. Wer einen Link dazu hat, kann ihn abspielen, solange der Link gilt, höchstens bis dahin.`,
    keptWaiting: 'Eine Nachricht, die auf ihre Antwort wartet: bis sie beantwortet ist.',
    keptFailed: (duration) =>
      `Eine Nachricht, die nicht beantwortet werden konnte: ${duration} lang, damit sich der Grund finden lässt.`,
    inMemory:
      'All das steht allein im Arbeitsspeicher des laufenden Programms. Es ist fort, wenn das Programm endet, und kann früher weichen, wenn der Platz gebraucht wird.',
    inStorage:
      'All das liegt in einem Speicherkonto (Azure Blob Storage), das eingerichtet hat, wer diesen Bot betreibt. Was älter ist, wird nicht mehr verwendet und einmal am Tag entfernt.',
    logs: 'Das Protokoll des Programms und, wo sie eingeschaltet sind, seine Messwerte enthalten Technisches, etwa die Kennungen von Unterhaltungen, Nachrichten und Personen und ob eine Antwort gut oder schlecht bewertet wurde, aber nicht, was jemand sagt. Die Seiten des Bots setzen keine Cookies.',
    elsewhere:
      'Ihr Chatprogramm bewahrt den Chat nach eigenen Regeln auf. Eine Antwort, die Sie in Teams als Datei speichern, liegt in Ihrem eigenen OneDrive.',
    forgetTitle: 'Wie Sie es löschen lassen',
    forget:
      'Schreiben Sie dem Bot /forget. Alles, was er von dieser Unterhaltung aufbewahrt, wird gelöscht, auch der Ton, und die Links dazu enden. Dasselbe geschieht, wenn der Bot aus einem Chat entfernt wird.',
    reset:
      'Schreiben Sie /reset, wenn er nur vergessen soll, was gesagt wurde. Beides erreicht nicht, was Ihr Chatprogramm, der Modelldienst oder Ihre eigenen Dateien aufbewahren.',
    termsTitle: 'Nutzungsbedingungen',
    terms:
      'Wer diesen Bot betreibt, entscheidet, wer ihn nutzen darf und wie viel. Bitte nutzen Sie ihn rechtmäßig und mit Achtung vor anderen, und senden Sie ihm nur, was Sie mit dem Modelldienst teilen dürfen. Der Bot wird angeboten, wie er ist: Niemand verspricht, dass er immer da ist oder dass seine Antworten stimmen.',
    responsibleTitle: 'Wer verantwortlich ist',
    responsible:
      'Die Person oder Organisation, die diesen Bot betreibt. Wenn Sie nicht wissen, wer das ist, fragen Sie bitte die, von denen Sie den Bot haben, oder die Administratoren Ihrer Organisation.',
  },
  teamsApp: {
    fullName: (name) => `${name}: antwortet mit Text und gesprochener Stimme`,
    short: 'Antwortet auf jede Nachricht mit Text und mit gesprochener Stimme.',
    full: 'Schreiben Sie eine Nachricht, und Sie bekommen die Antwort als Text und mit gesprochener Stimme. „▶ Abspielen“ unter einer Antwort spielt sie in Teams ab; in persönlichen Chats können Sie sie auch als Datei speichern.\n\nDer Bot arbeitet in persönlichen Chats sowie in Gruppenchats und Kanälen, wo er hört, worin er erwähnt wird. Jede Unterhaltung hat ihr eigenes Gedächtnis. Schreiben Sie /help, um zu sehen, was Sie ihm sagen können: seine Stimme wählen, sie ausschalten, alles löschen lassen.\n\nEin KI-Modell erzeugt die Antworten, und sie können falsch sein. Was aufbewahrt wird, und wie lange, steht auf der Seite hinter dem Link zur Datenschutzerklärung.',
  },
};
