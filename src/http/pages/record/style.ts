/** The look of the page on which users speak, on top of that of every page. */
export const RECORDING_STYLE = `
#intro { margin-bottom: 1.25rem; }
.recorder {
  display: flex; flex-direction: column; align-items: center; gap: 1rem; padding: 1.5rem 1rem;
  background: var(--surface); border: 1px solid var(--line); border-radius: 0.75rem;
}
button {
  min-height: 2.75rem; padding: 0.5rem 1.25rem; cursor: pointer; font: inherit; font-weight: 600;
  color: var(--on-accent); background: var(--accent); border: 2px solid transparent; border-radius: 0.5rem;
}
button:hover { background: var(--accent-hover); }
button.second { color: var(--ink); background: transparent; border-color: var(--quiet); }
button.second:hover { border-color: var(--ink); }
button[aria-disabled="true"] { cursor: default; opacity: 0.55; }
.round {
  display: grid; place-content: center; justify-items: center; gap: 0.25rem;
  width: 9rem; height: 9rem; padding: 0; border-radius: 50%;
}
.round svg { width: 3rem; height: 3rem; fill: currentcolor; }
.meter { width: 100%; max-width: 20rem; height: 0.75rem; overflow: hidden; background: var(--line); border-radius: 0.375rem; }
#level { height: 100%; background: var(--accent); transform: scaleX(0); transform-origin: left; }
.clock { color: var(--quiet); font-variant-numeric: tabular-nums; }
#review { width: 100%; text-align: center; }
#review audio { width: 100%; max-width: 24rem; }
.choices { display: flex; flex-wrap: wrap; justify-content: center; gap: 0.75rem; margin-top: 1rem; }
#status:not(:empty), .alarm:not(:empty), #elsewhere { margin-top: 1rem; }
#status:focus { outline: none; }
.alarm { color: var(--alarm); }
a { color: var(--accent); }
@media (prefers-reduced-motion: no-preference) {
button { transition: background-color 0.15s; }
#level { transition: transform 0.08s linear; }
}
@media (forced-colors: active) {
button { border-color: currentcolor; }
.meter { border: 1px solid; }
#level { background: CanvasText; forced-color-adjust: none; }
}
`;
