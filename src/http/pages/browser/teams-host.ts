declare global {
  interface Window {
    /** Teams' phone apps show pages in a view that has it. */
    readonly nativeInterface?: unknown;
    /** The client library, once `teams.ts` loaded it. */
    readonly microsoftTeams?: Pick<typeof import('@microsoft/teams-js'), 'app' | 'dialog'>;
  }
}

/** Whether Teams shows this page: the page's policy lets nobody else frame it, and phones show it in a native view. */
export function isShownByTeams(): boolean {
  return window.parent !== window || Boolean(window.nativeInterface);
}
