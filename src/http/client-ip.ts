import ipaddr from 'ipaddr.js';

/**
 * The one spelling of a client's address that limits count by: IPv4 as it is, IPv4-mapped IPv6 as IPv4, and IPv6 by its
 * /64, since one household holds a whole /64 to rotate through (CVE-2026-45364).
 */
export function normaliseIp(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const ip = ipaddr.process(address);
  if (ip.kind() === 'ipv4') return ip.toString();
  const prefix = (ip as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}
