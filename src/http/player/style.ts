const DARK = `
  color-scheme: dark;
  --canvas: #1f1f1f; --surface: #292929; --line: #3d3d3d; --ink: #fff; --quiet: #c7c7c7;
  --accent: #a4abf8; --accent-hover: #c0c5fb; --on-accent: #1b1b2e; --alarm: #ffb3b8;
`;

/** Teams' high contrast: its own black, white, cyan and yellow. */
const CONTRAST = `
  color-scheme: dark;
  --canvas: #000; --surface: #000; --line: #fff; --ink: #fff; --quiet: #fff;
  --accent: #1aebff; --accent-hover: #ffff01; --on-accent: #000; --alarm: #ffff01;
`;

/** The look: by the system's colours, until Teams names a theme of its own. Sizes follow the reader's font size. */
export const PLAYER_STYLE = `
:root {
  color-scheme: light;
  --canvas: #f5f5f5; --surface: #fff; --line: #e0e0e0; --ink: #242424; --quiet: #5c5c5c;
  --accent: #5b5fc7; --accent-hover: #444791; --on-accent: #fff; --alarm: #a80f1c;
}
@media (prefers-color-scheme: dark) {
:root:not([data-theme]) {${DARK}}
}
:root[data-theme="dark"] {${DARK}}
:root[data-theme="contrast"] {${CONTRAST}}
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
body {
  background: var(--canvas); color: var(--ink);
  font: 1rem/1.5 "Segoe UI", system-ui, -apple-system, Roboto, "Helvetica Neue", sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 40rem; margin: 0 auto; padding: clamp(1rem, 5vmin, 3rem) 1rem; }
h1 { font-size: 1.25rem; font-weight: 600; line-height: 1.3; margin-bottom: 0.75rem; }
h2 { color: var(--quiet); font-size: 0.875rem; font-weight: 600; margin: 1.5rem 0 0.25rem; }
.player {
  display: flex; align-items: center; gap: 1rem; padding: 1rem;
  background: var(--surface); border: 1px solid var(--line); border-radius: 0.75rem;
}
button {
  flex: none; display: grid; place-items: center; width: 3.5rem; height: 3.5rem; padding: 0; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 2px solid transparent; border-radius: 50%;
}
button:hover { background: var(--accent-hover); }
button svg { width: 2rem; height: 2rem; fill: currentcolor; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
noscript audio { width: 100%; }
.track { flex: 1; min-width: 0; }
input { display: block; width: 100%; height: 2.75rem; cursor: pointer; accent-color: var(--accent); }
input:focus-visible { outline-offset: -0.5rem; border-radius: 0.75rem; }
.times {
  display: flex; justify-content: space-between; margin-top: -0.5rem;
  color: var(--quiet); font-size: 0.875rem; font-variant-numeric: tabular-nums;
}
#failure:not(:empty) { margin-top: 1rem; color: var(--alarm); }
.transcript { line-height: 1.6; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (prefers-reduced-motion: no-preference) {
button { transition: background-color 0.15s; }
}
@media (forced-colors: active) {
button { border-color: currentcolor; }
}
`;
