/**
 * A destination that its owner recognises and a stranger cannot use: `+12******23`, `p***@example.com`.
 * @param destination a normalised phone number or e-mail address
 */
export function maskDestination(destination: string): string {
  const at = destination.lastIndexOf('@');
  if (at < 0) return `${destination.slice(0, 3)}${'*'.repeat(destination.length - 5)}${destination.slice(-2)}`;
  return `${[...destination][0] ?? ''}***${destination.slice(at)}`;
}
