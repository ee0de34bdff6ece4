import { createServer } from 'node:net';

// Below the range from which systems take the ports of outgoing connections, so that the port of a database that is
// down for a moment is not taken by chance.
const LOWEST = 20_000;
const HIGHEST = 32_000;

/**
 * The wanted port if it is free on 127.0.0.1, else another free one.
 * @param {number} [wanted]
 * @returns {Promise<number>}
 */
export async function choosePort(wanted) {
  if (wanted !== undefined && (await isFree(wanted))) return wanted;
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port between ${LOWEST} and ${HIGHEST} on 127.0.0.1`);
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
