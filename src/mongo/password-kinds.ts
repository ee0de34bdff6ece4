import type { mongo } from 'mongoose';
import { kindOf } from '../account/password/password-kinds.ts';
import { TODAYS_KIND } from '../account/password/password.ts';

/** Stored password hashes but today's: those before it and those after it in order. Each has a partial index of its own. */
export const OTHER_HASHES = [
  { $gt: '', $lt: TODAYS_KIND },
  { $gt: `${TODAYS_KIND}\uffff`, $lt: '\uffff' },
] as const;
/** More kinds than this no import has; the rest of a damaged one is not looked at. */
const MAX_KINDS = 16;

/** What the hashes of each kind but today's begin with: one look into an index for each, however many users have it. */
export async function otherPasswordKinds(users: mongo.Collection): Promise<string[]> {
  const kinds: string[] = [];
  for (const { $gt, $lt } of OTHER_HASHES)
    for (let after: string = $gt; kinds.length < MAX_KINDS; after = `${kinds.at(-1)}\uffff`) {
      const kind = await nextKind(users, after, $lt);
      if (kind === null) break;
      kinds.push(kind);
    }
  return kinds;
}

async function nextKind(users: mongo.Collection, after: string, before: string): Promise<string | null> {
  const next = { passwordHash: { $gt: after, $lt: before } };
  const found = await users.findOne<{ passwordHash: string }>(next, {
    projection: { _id: 0, passwordHash: 1 },
    sort: { passwordHash: 1 },
  });
  return found && (kindOf(found.passwordHash) ?? found.passwordHash);
}
