const SECRET_NAME = /key|token|secret|password|authorization/i;

/** Whether a value is a secret, judging by its name. A reference such as `${NAME}` is none. */
export function isSecret(name: string, value: string): boolean {
  return SECRET_NAME.test(name) && value !== '' && !value.includes('${');
}

/** Whether one of a program's arguments is a secret: `--token=…`, or the argument after `--token`. */
export function hasSecretArgument(args: readonly string[]): boolean {
  return args.some((arg, at) => {
    const [, name = '', value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const next = args[at + 1] ?? '';
    return isSecret(name, value ?? (next.startsWith('-') ? '' : next));
  });
}

/** Whether an address contains a secret: in its query, or before the host. */
export function hasSecretInUrl(url: string): boolean {
  const [, user = ''] = /^https?:\/\/([^/?#]*)@/i.exec(url) ?? [];
  const query = new URLSearchParams(url.split('?')[1]);
  // Whatever is before the host counts as a password.
  return isSecret('password', user) || [...query].some(([name, value]) => isSecret(name, value));
}
