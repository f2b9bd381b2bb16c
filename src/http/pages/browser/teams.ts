import { isShownByTeams } from './teams-host.ts';

// Tells Teams that the page is there, and wears its theme. Outside of Teams nothing is loaded. A host that does not
// answer leaves the page as it is.

function wear(theme: string): void {
  document.documentElement.dataset['theme'] = theme;
}

async function greet(): Promise<void> {
  try {
    const { app } = window.microsoftTeams ?? {};
    if (app === undefined) return;
    await app.initialize();
    app.registerOnThemeChangeHandler(wear);
    wear((await app.getContext()).app.theme);
  } catch {
    // The system's colours do.
  }
}

/** `script` is the one that runs: it has the address of the client library and the nonce that lets it load. */
function loadLibrary(script: HTMLScriptElement): void {
  const library = document.createElement('script');
  library.nonce = script.nonce;
  library.src = script.dataset['library'] ?? '';
  library.addEventListener('load', greet);
  document.head.append(library);
}

const { currentScript } = document;
if (currentScript instanceof HTMLScriptElement && isShownByTeams()) loadLibrary(currentScript);
