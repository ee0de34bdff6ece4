import type { DestinationRules } from '../otp/destination.ts';
import { ImportRefusal, readImportedUser, UNPROVEN_PHONE, type ImportedUser } from './imported-user.ts';
import type { ImportStore } from './ports.ts';
import type { Row } from './rows.ts';

/** What became of the lines so far. */
export interface ImportTally {
  lines: number;
  imported: number;
  alreadyThere: number;
  refused: number;
  /** Imported users whose phone was left out. */
  withoutPhone: number;
}

/** A line that was not taken in as it is. */
export interface ImportRemark {
  readonly line: number;
  /** Null where the line has none that can be read. */
  readonly email: string | null;
  readonly outcome: 'refused' | 'imported without phone';
  readonly reason: string;
}

interface Parts {
  readonly store: ImportStore;
  readonly rules: DestinationRules;
  readonly now: Date;
  /** Look at everything, write no user. */
  readonly dryRun: boolean;
  readonly remark: (remark: ImportRemark) => void;
  readonly progress: (tally: Readonly<ImportTally>) => void;
  /** Ends the import behind the batch at hand. */
  readonly stop: AbortSignal;
}

/** One command to the database: large enough to save round trips, small enough to fit its limits by far. */
const BATCH = 1_000;

interface Candidate {
  readonly line: number;
  readonly user: ImportedUser;
  readonly phoneLeftOut: string | null;
}

/**
 * Takes in users row by row. Who is there already is left alone, so a second run changes nothing, and a run that was cut
 * off is completed by another. The addresses of the whole file are kept in memory: some 150 bytes a user.
 */
export async function importUsers(rows: AsyncIterable<Row>, parts: Parts): Promise<ImportTally> {
  const run = new Run(parts);
  for await (const row of rows) {
    await run.take(row);
    if (parts.stop.aborted) break;
  }
  await run.flush();
  return run.tally;
}

class Run {
  readonly tally: ImportTally = { lines: 0, imported: 0, alreadyThere: 0, refused: 0, withoutPhone: 0 };
  readonly #parts: Parts;
  readonly #lineOf = new Map<string, number>();
  /** In a dry run nothing is written that a later line could meet. */
  readonly #phones = new Set<string>();
  #batch: Candidate[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async take(row: Row): Promise<void> {
    this.tally.lines += 1;
    const candidate = this.#read(row);
    if (!candidate) return;
    this.#batch.push(candidate);
    if (this.#batch.length >= BATCH) await this.flush();
  }

  #read(row: Row): Candidate | null {
    const { line } = row;
    if (!row.fields) return this.#refuse(line, null, row.problem);
    const { now, rules } = this.#parts;
    try {
      const { user, phoneLeftOut } = readImportedUser(row.fields, now, rules);
      const earlier = this.#lineOf.get(user.email);
      if (earlier !== undefined) return this.#refuse(line, user.email, `the address is that of line ${earlier}`);
      this.#lineOf.set(user.email, line);
      return { line, user, phoneLeftOut };
    } catch (error) {
      if (!(error instanceof ImportRefusal)) throw error;
      const { email } = row.fields;
      return this.#refuse(line, typeof email === 'string' ? email : null, error.message);
    }
  }

  #refuse(line: number, email: string | null, reason: string): null {
    this.tally.refused += 1;
    this.#parts.remark({ line, email, outcome: 'refused', reason });
    return null;
  }

  /** Decides about the batch and writes it. */
  async flush(): Promise<void> {
    let open = this.#batch;
    this.#batch = [];
    // Who meets another of the same name, registered or imported in this moment, is looked up again.
    while (open.length > 0) open = await this.#write(open);
    this.#parts.progress(this.tally);
  }

  /** @returns those to be decided anew */
  async #write(candidates: readonly Candidate[]): Promise<Candidate[]> {
    const { store, dryRun } = this.#parts;
    const taken = await store.taken(
      candidates.map(({ user }) => user.email),
      candidates.flatMap(({ user }) => user.phone ?? []),
    );
    const fresh = candidates
      .filter(({ user }) => !taken.emails.has(user.email))
      .map((candidate) => this.#withFreePhone(candidate, taken.phones));
    this.tally.alreadyThere += candidates.length - fresh.length;
    const missed = new Set(dryRun ? [] : await store.insert(fresh.map(({ user }) => user)));
    for (const candidate of fresh) if (!missed.has(candidate.user)) this.#count(candidate);
    return fresh.filter(({ user }) => missed.has(user));
  }

  #withFreePhone(candidate: Candidate, taken: ReadonlySet<string>): Candidate {
    const { user } = candidate;
    if (!user.phone) return candidate;
    const isFree = !taken.has(user.phone) && !this.#phones.has(user.phone);
    this.#phones.add(user.phone);
    if (isFree) return candidate;
    const withoutPhone = { ...user, phone: null, phoneVerifiedAt: null };
    return { ...candidate, user: withoutPhone, phoneLeftOut: 'phone is that of another account' };
  }

  #count({ line, user, phoneLeftOut }: Candidate): void {
    this.tally.imported += 1;
    if (phoneLeftOut === null) return;
    this.tally.withoutPhone += 1;
    // Where no phone was proven, the report would be as long as the file.
    if (phoneLeftOut === UNPROVEN_PHONE) return;
    this.#parts.remark({ line, email: user.email, outcome: 'imported without phone', reason: phoneLeftOut });
  }
}
