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
  user: '#ebecfd',
};
const DARK: Palette = {
  surface: '#292929',
  ink: '#ffffff',
  quiet: '#c7c7c7',
  line: '#3d3d3d',
  accent: '#a4abf8',
  bot: '#383838',
  user: '#373a6b',
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
    cardPushButtonBackgroundColor: accent,
    cardPushButtonTextColor: surface,
    typingAnimationBackgroundImage: typingAnimation(bot, quiet),
    typingAnimationHeight: 36,
    typingAnimationWidth: 64,
  };
}

/** Three dots in a bubble, as the `background-image` of a box of 64 by 36. Web Chat's own picture is white. */
function typingAnimation(bubble: string, dots: string): string {
  const dot = (at: number) => `<circle cx="${18 + 14 * at}" cy="18" r="4" style="animation-delay:${at / 5}s"/>`;
  const css =
    'circle{animation:b 1.2s infinite}@keyframes b{0%,60%,to{opacity:.3}30%{opacity:1}}@media(prefers-reduced-motion){circle{animation:none}}';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="36" fill="${dots}"><style>${css}</style><rect width="64" height="36" rx="12" fill="${bubble}"/>${[0, 1, 2].map(dot).join('')}</svg>`;
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}")`;
}
