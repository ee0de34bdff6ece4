/** A network around a client's own, and how many times the client's maximum all of it may use. */
export interface WiderNetwork {
  readonly name: string;
  readonly factor: number;
}

/**
 * The networks that one IPv6 customer may hold: providers hand out a /56 or a /48 as readily as a /64, and each has
 * hundreds of /64 or thousands to rotate through.
 * @param client an address as limits count it (`normaliseIp`)
 * @returns none for IPv4
 */
export function widerNetworks(client: string): readonly WiderNetwork[] {
  const [, site, subnet] = /^([\da-f]+:[\da-f]+:[\da-f]+):([\da-f]+)::\/64$/.exec(client) ?? [];
  if (site === undefined || subnet === undefined) return [];
  const home = (parseInt(subnet, 16) & 0xff00).toString(16);
  return [
    { name: `${site}:${home}::/56`, factor: 8 },
    { name: `${site}::/48`, factor: 64 },
  ];
}
