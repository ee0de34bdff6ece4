// `npm run check:locks`: every package in a lockfile is pinned by its contents, so that a registry cannot hand out others.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEntryPoint, root } from './project.mjs';

const LOCKFILES = ['package-lock.json', 'bench/compare/better-auth/package-lock.json'];

/**
 * The packages of a lockfile that come from a registry and have no SHA-512 of their contents. What is bundled comes within
 * another package, and a link is a folder of this project.
 * @param {{ packages: Record<string, { integrity?: string, link?: boolean, inBundle?: boolean }> }} lockfile
 * @returns {string[]} their paths
 */
export function unpinned({ packages }) {
  return Object.entries(packages)
    .filter(([path, { integrity, link, inBundle }]) => path !== '' && !link && !inBundle && !isStrong(integrity))
    .map(([path]) => path);
}

/** @param {string | undefined} integrity */
function isStrong(integrity) {
  return integrity !== undefined && /(?:^|\s)sha512-[A-Za-z0-9+/]{86}==/.test(integrity);
}

if (isEntryPoint(import.meta.url)) {
  for (const path of LOCKFILES) {
    /** @type {unknown} */
    const parsed = JSON.parse(readFileSync(join(root, path), 'utf8'));
    const found = unpinned(/** @type {Parameters<typeof unpinned>[0]} */ (parsed));
    if (found.length === 0) continue;
    console.error(`${path} has packages without an integrity hash: ${found.join(', ')}`);
    console.error('Take their entries out of it and run `npm install`, with a registry that offers them.');
    process.exitCode = 1;
  }
}
