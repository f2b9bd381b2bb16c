interface Palette {
  readonly surface: string;
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly accent: string;
  readonly bot: string;
  readonly user: string;
}

const LIGHT: Palette = {
  surface: '#ffffff',
  ink: '#242424',
  quiet: '#5c5c5c',
  line: '#e0e0e0',
  accent: '#5b5fc7',
  bot: '#f0f0f5',
  user: '#e2e4fb',
};
const DARK: Palette = {
  surface: '#292929',
  ink: '#ffffff',
  quiet: '#c7c7c7',
  line: '#3d3d3d',
  accent: '#a4abf8',
  bot: '#383838',
  user: '#41447f',
};

/**
 * The style options of Web Chat.
 * https://github.com/microsoft/BotFramework-WebChat/blob/main/packages/api/src/StyleOptions.ts
 */
export function styleOptions(isDark: boolean): object {
  const { surface, ink, quiet, line, accent, bot, user } = isDark ? DARK : LIGHT;
  return {
    accent,
    backgroundColor: surface,
    subtle: quiet,
    timestampColor: quiet,
    primaryFont: '"Segoe UI", system-ui, -apple-system, Roboto, "Helvetica Neue", sans-serif',
    botAvatarImage: '/avatar.png',
    botAvatarInitials: 'VB',
    bubbleBackground: bot,
    bubbleTextColor: ink,
    bubbleBorderWidth: 0,
    bubbleBorderRadius: 12,
    bubbleMaxWidth: 560,
    bubbleImageHeight: 'auto',
    bubbleFromUserBackground: user,
    bubbleFromUserTextColor: ink,
    bubbleFromUserBorderWidth: 0,
    bubbleFromUserBorderRadius: 12,
    sendBoxBackground: surface,
    sendBoxTextColor: ink,
    sendBoxPlaceholderColor: quiet,
    sendBoxButtonColor: accent,
    sendBoxButtonColorOnHover: accent,
    sendBoxBorderTop: `1px solid ${line}`,
    sendBoxHeight: 48,
    hideUploadButton: false,
  };
}
