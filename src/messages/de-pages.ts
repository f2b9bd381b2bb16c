import type { PageMessages } from './en-pages.ts';

/** The German texts outside of the chat. */
export const dePages: PageMessages = {
  player: {
    play: 'Abspielen',
    pause: 'Anhalten',
    playAgain: 'Noch einmal abspielen',
    position: 'Position',
    of: (position, duration) => `${position} von ${duration}`,
    speed: 'Tempo',
    download: 'Herunterladen',
    transcript: 'Wortlaut',
    notPlayable:
      'Der Ton konnte nicht geladen werden. Vielleicht wird er nicht mehr aufbewahrt: Bitte fragen Sie den Bot noch einmal.',
    notFoundTitle: 'Hier gibt es nichts zu hören',
  },
  home: {
    title: 'Dies ist ein Sprachbot',
    where: 'Sie sprechen mit ihm in einem Chat-Programm wie Microsoft Teams oder Web Chat und nicht auf dieser Seite.',
    chat: 'Chat öffnen',
    health: 'Läuft er?',
    endpoint: 'Adresse für Chat-Programme:',
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
    keptHistory: (duration) =>
      `Was in einer Unterhaltung gesagt wurde, was für sie gewählt wurde und was sie verbraucht hat: bis dort ${duration} lang nichts mehr gesagt wurde.`,
    keptReplyAudio: (duration) =>
      `Den Ton einer Antwort mit ihrem Text: ${duration} lang. Wer einen Link dazu hat, kann ihn abspielen, solange der Link gilt, höchstens bis dahin.`,
    keptRecordings: (duration, holds) =>
      `Was Sie auf der Seite hinter /talk aufnehmen und senden, als Ton: ${duration} lang. Für wen jene Seite bestimmt ist, wird ${holds} lang aufbewahrt, oder bis sie genutzt ist.`,
    keptWaiting: 'Eine Nachricht, die auf ihre Antwort wartet: bis sie beantwortet ist.',
    keptFailed: (duration) =>
      `Eine Nachricht, die nicht beantwortet werden konnte: ${duration} lang, damit sich der Grund finden lässt.`,
    inMemory:
      'All das steht allein im Arbeitsspeicher des laufenden Programms. Es ist fort, wenn das Programm endet, und kann früher weichen, wenn der Platz gebraucht wird.',
    inDatabase:
      'All das liegt in einer Datenbank, die der Betreiber dieses Bots eingerichtet hat. Was älter ist als diese Fristen, wird nicht mehr verwendet und entfernt. Sicherungen der Datenbank behalten Gelöschtes, solange sie aufbewahrt werden.',
    audioInAccount:
      'Eine Ausnahme ist der Ton: Er liegt in einem Speicherkonto, das der Betreiber dieses Bots eingerichtet hat, und wird dort entfernt, wenn er älter ist als diese Fristen.',
    logs: 'Das Protokoll des Programms und, wo sie eingeschaltet sind, seine Messwerte enthalten Technisches, etwa die Kennungen von Unterhaltungen, Nachrichten und Personen und ob eine Antwort gut oder schlecht bewertet wurde, aber nicht, was jemand sagt. Die Seiten des Bots setzen keine Cookies.',
    elsewhere:
      'Ihr Chatprogramm bewahrt den Chat nach eigenen Regeln auf. Eine Antwort, die Sie in Teams als Datei speichern, liegt in Ihrem eigenen OneDrive.',
    forgetTitle: 'Wie Sie es löschen lassen',
    forget:
      'Schreiben Sie dem Bot /forget, und /forget yes, wenn er nachfragt. Alles, was er von dieser Unterhaltung aufbewahrt, wird gelöscht, auch der Ton, und die Links dazu enden. Dasselbe geschieht, wenn der Bot aus einem Chat entfernt wird.',
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
    full: 'Schreiben Sie eine Nachricht, und Sie bekommen die Antwort als Text und mit gesprochener Stimme. „▶ Abspielen“ unter einer Antwort spielt sie in Teams ab; in persönlichen Chats können Sie sie auch als Datei speichern. Mit /talk sprechen Sie mit dem Mikrofon zum Bot.\n\nDer Bot arbeitet in persönlichen Chats sowie in Gruppenchats und Kanälen, wo er hört, worin er erwähnt wird. Jede Unterhaltung hat ihr eigenes Gedächtnis. Schreiben Sie /help, um zu sehen, was Sie ihm sagen können: seine Stimme wählen, sie ausschalten, alles löschen lassen.\n\nEin KI-Modell erzeugt die Antworten, und sie können falsch sein. Was aufbewahrt wird, und wie lange, steht auf der Seite hinter dem Link zur Datenschutzerklärung.',
  },
};
