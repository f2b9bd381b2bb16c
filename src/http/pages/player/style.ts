/** The look of the player, on top of that of every page. */
export const PLAYER_STYLE = `
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
noscript audio { width: 100%; }
.track { flex: 1; min-width: 0; }
input { display: block; width: 100%; height: 2.75rem; cursor: pointer; accent-color: var(--accent); }
input:focus-visible { outline-offset: -0.5rem; border-radius: 0.75rem; }
.times {
  display: flex; justify-content: space-between; margin-top: -0.5rem;
  color: var(--quiet); font-size: 0.875rem; font-variant-numeric: tabular-nums;
}
.extras { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.5rem 1rem; margin-top: 0.75rem; }
.extras select {
  font: inherit; min-height: 2rem; padding: 0 0.25rem;
  color: var(--ink); background: var(--surface); border: 1px solid var(--line); border-radius: 0.25rem;
}
.extras a { color: var(--accent); padding: 0.25rem 0; }
.extras a:hover { color: var(--accent-hover); }
#failure:not(:empty) { margin-top: 1rem; color: var(--alarm); }
.transcript { line-height: 1.6; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (prefers-reduced-motion: no-preference) {
button { transition: background-color 0.15s; }
}
@media (forced-colors: active) {
button { border-color: currentcolor; }
}
`;
