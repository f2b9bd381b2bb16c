declare global {
  interface Window {
    /** Set in the web view of Teams' phone apps. */
    readonly nativeInterface?: unknown;
    /** The client library, once `teams.ts` has loaded it. */
    readonly microsoftTeams?: Pick<typeof import('@microsoft/teams-js'), 'app' | 'dialog'>;
  }
}

/** Whether Teams shows this page: the page's policy lets only Teams frame it, and phones use a native view. */
export function isShownByTeams(): boolean {
  return window.parent !== window || Boolean(window.nativeInterface);
}
