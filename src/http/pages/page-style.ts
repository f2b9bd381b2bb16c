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
export const PAGE_STYLE = `
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
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
`;
