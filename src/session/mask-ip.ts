/**
 * A client's address with the part that names the household removed: the last number of IPv4, all but the first 48 bits
 * of IPv6.
 * @param ip normalised: IPv4, or the /64 of an IPv6 address
 */
export function maskIp(ip: string): string {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(ip)) return ip.replace(/\d+$/, 'x');
  const groups = ip.split(':');
  return groups.length < 4 ? 'unknown' : `${groups.slice(0, 3).join(':')}::/48`;
}
