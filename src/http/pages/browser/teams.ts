import { isShownByTeams } from './teams-host.ts';

// This script tells Teams that the page has loaded and applies the theme of Teams. Elsewhere it loads nothing.

function applyTheme(theme: string): void {
  document.documentElement.dataset['theme'] = theme;
}

async function connect(): Promise<void> {
  try {
    const { app } = window.microsoftTeams ?? {};
    if (app === undefined) return;
    await app.initialize();
    app.registerOnThemeChangeHandler(applyTheme);
    applyTheme((await app.getContext()).app.theme);
  } catch {
    // Without an answer from Teams, the page keeps the system's colours.
  }
}

/** `running` is the current script. It holds the address of the client library and the nonce that lets it load. */
function loadLibrary(running: HTMLScriptElement): void {
  const library = document.createElement('script');
  library.nonce = running.nonce;
  library.src = running.dataset['library'] ?? '';
  library.addEventListener('load', connect);
  document.head.append(library);
}

const { currentScript } = document;
if (currentScript instanceof HTMLScriptElement && isShownByTeams()) loadLibrary(currentScript);
