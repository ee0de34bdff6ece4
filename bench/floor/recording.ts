import type { mongo } from 'mongoose';
import { identitiesIn, identitiesOf, type Identities } from './identities.ts';
import type { Tapped } from './tap.ts';

/** A command, and whether it is one of a transaction. */
export interface Step {
  readonly command: mongo.Document;
  readonly inTransaction: boolean;
}

/** Steps that are under way at the same time. */
export type Group = readonly Step[];

/** All that one call makes of MongoDB. */
export interface Recording {
  readonly beforeAnswer: readonly Group[];
  readonly afterAnswer: readonly Group[];
  /** The documents that were there before and that the commands look for. */
  readonly found: readonly { readonly collection: string; readonly document: mongo.Document }[];
}

export interface CommandCount {
  readonly beforeAnswer: number;
  /** Of these, how many in a transaction. */
  readonly inTransaction: number;
  readonly afterAnswer: number;
}

/**
 * Makes a recording of what went through the tap, which kept every answer of MongoDB back for a while. So a command that
 * was sent before the answer to another arrived did not wait for it, and one whose own answer arrived after the call had
 * been answered was not waited for by the caller.
 * @param tapped in the order in which they were sent
 * @param answeredAt when the call was answered (milliseconds of `performance.now`)
 * @param snapshot the database as it was before the call, by collection
 */
export function recordingOf(
  tapped: readonly Tapped[],
  answeredAt: number,
  snapshot: ReadonlyMap<string, readonly mongo.Document[]>,
): Recording {
  const ours = tapped.filter(({ command }) => command['$db'] !== 'admin' || isCommit(command));
  return {
    beforeAnswer: groupsOf(ours.filter(({ repliedAt }) => repliedAt <= answeredAt)),
    afterAnswer: groupsOf(ours.filter(({ repliedAt }) => repliedAt > answeredAt)),
    found: foundIn(snapshot, all(ours.map(({ command }) => identitiesOf(command)))),
  };
}

/** The documents that hold one of these values, and those that such a document names, as a `$lookup` finds them. */
function foundIn(snapshot: ReadonlyMap<string, readonly mongo.Document[]>, named: Identities): Recording['found'] {
  const all = [...snapshot].flatMap(([collection, some]) => some.map((document) => ({ collection, document })));
  const found = all.filter(({ document }) => [...identitiesIn(document).keys()].some((key) => named.has(key)));
  // The list grows while it is gone through.
  for (const { document } of found) {
    const inner = identitiesIn(document);
    found.push(...all.filter((one) => !found.includes(one) && isNamed(one.document, inner)));
  }
  return found;
}

function isNamed({ _id }: mongo.Document, identities: Identities): boolean {
  return [...identitiesIn(_id).keys()].some((key) => identities.has(key));
}

/** The values that must differ from one repetition to the next: those of the commands, and the ids of what they find. */
export function identitiesOfRecording({ beforeAnswer, afterAnswer, found }: Recording): Identities {
  const steps = [...beforeAnswer.flat(), ...afterAnswer.flat()];
  const ids = found.map(({ document }) => identitiesIn(document['_id']));
  return all([...steps.map(({ command }) => identitiesOf(command)), ...ids]);
}

/** How many commands a recording has; a commit is none of its own. */
export function countCommands({ beforeAnswer, afterAnswer }: Recording): CommandCount {
  const commands = (groups: readonly Group[]) => groups.flat().filter(({ command }) => !isCommit(command));
  const before = commands(beforeAnswer);
  return {
    beforeAnswer: before.length,
    inTransaction: before.filter(({ inTransaction }) => inTransaction).length,
    afterAnswer: commands(afterAnswer).length,
  };
}

export function isCommit(command: mongo.Document): boolean {
  return 'commitTransaction' in command;
}

function groupsOf(tapped: readonly Tapped[]): Group[] {
  const groups: Step[][] = [];
  let firstReplyAt = -Infinity;
  for (const { command, sentAt, repliedAt } of tapped) {
    if (sentAt >= firstReplyAt) {
      groups.push([]);
      firstReplyAt = Infinity;
    }
    groups.at(-1)!.push({ command, inTransaction: command['autocommit'] === false });
    firstReplyAt = Math.min(firstReplyAt, repliedAt);
  }
  return groups;
}

function all(several: readonly Identities[]): Identities {
  return new Map(several.flatMap((one) => [...one]));
}
