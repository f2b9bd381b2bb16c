/**
 * The player. Everything it says and knows comes from the page's attributes, so that it is the same for all pages.
 * Nothing plays until the button is pressed: Teams' dialog may not, and nobody likes a page that speaks by itself.
 */
export const PLAYER_SCRIPT = `
'use strict';
(() => {
  const at = (id) => document.getElementById(id);
  const [audio, toggle, position, failure] = ['audio', 'toggle', 'position', 'failure'].map(at);
  // The length as the bot knows it: browsers learn it late, and some only estimate it.
  const seconds = Number(position.max);
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const icons = {
    play: 'M8 4.5v15l12-7.5z',
    pause: 'M6 5h4v14H6zM14 5h4v14h-4z',
    again: 'M12 5a7 7 0 1 1-7 7h2a5 5 0 1 0 5-5v3.5L6.5 6 12 1.5z',
  };
  const steps = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 };
  let frame = 0;

  function clockTime(ofSeconds) {
    const whole = Math.round(ofSeconds);
    return Math.floor(whole / 60) + ':' + String(whole % 60).padStart(2, '0');
  }

  // Only what changed is written: screen readers tell every change.
  function show(element, name, value) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  function render() {
    const does = audio.ended ? 'again' : audio.paused ? 'play' : 'pause';
    show(at('icon'), 'd', icons[does]);
    show(toggle, 'aria-label', toggle.dataset[does]);
    show(toggle, 'title', toggle.dataset[does]);
    const now = audio.ended ? seconds : Math.min(audio.currentTime, seconds);
    const told = now === seconds ? at('total').textContent : clockTime(now);
    position.value = now;
    show(position, 'aria-valuetext', position.dataset.of.replace('{position}', told));
    at('elapsed').textContent = told;
  }

  function seek(toSeconds) {
    audio.currentTime = Math.min(Math.max(toSeconds, 0), seconds);
    render();
  }

  function follow() {
    render();
    cancelAnimationFrame(frame);
    if (!audio.paused && !calm.matches) frame = requestAnimationFrame(follow);
  }

  function fail() {
    failure.textContent = failure.dataset.text;
    render();
  }

  toggle.addEventListener('click', () => {
    if (!audio.paused && !audio.ended) return audio.pause();
    failure.textContent = '';
    if (audio.error) audio.load();
    if (audio.ended) audio.currentTime = 0;
    // What keeps it from playing comes as an event, too.
    audio.play().catch(render);
  });
  position.addEventListener('input', () => seek(position.valueAsNumber));
  position.addEventListener('keydown', (event) => {
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    seek(audio.currentTime + step);
  });
  for (const name of ['play', 'pause', 'ended', 'timeupdate', 'seeked']) audio.addEventListener(name, render);
  audio.addEventListener('playing', follow);
  audio.addEventListener('error', fail);

  render();
  at('player').hidden = false;
  if (audio.error) fail();
})();
`;

/**
 * Tells Teams that the page is there, and wears its theme. Whoever frames the page is a host of Teams (the policy lets
 * no others), and its phones show the page in a view with a native side; elsewhere nothing is loaded. A host that does
 * not answer leaves the player as it is.
 */
export const TEAMS_SCRIPT = `
'use strict';
(() => {
  if (window.parent === window && !window.nativeInterface) return;
  const { nonce, dataset } = document.currentScript;
  const wear = (theme) => { document.documentElement.dataset.theme = theme; };
  const library = document.createElement('script');
  library.nonce = nonce;
  library.src = dataset.library;
  library.addEventListener('load', async () => {
    try {
      const { app } = window.microsoftTeams;
      await app.initialize();
      app.registerOnThemeChangeHandler(wear);
      wear((await app.getContext()).app.theme);
    } catch {
      // The system's colours do.
    }
  });
  document.head.append(library);
})();
`;
