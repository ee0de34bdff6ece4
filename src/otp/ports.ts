// Where codes are kept, in the heart's own words. An adapter implements it; the heart never imports one.
import type { UnitOfWork } from '../unit-of-work.ts';
import type { Destination } from './challenge.ts';

/** A destination as it was read or written, with what tells whether it has changed since. */
export interface StoredDestination {
  readonly destination: Destination;
  readonly version: number;
  /** The ids of its last writes, the newest first: by them a write whose answer was lost is recognised. */
  readonly writeIds: readonly string[];
}

/** A write of a destination. */
export interface DestinationWrite {
  readonly destination: Destination;
  /** Names this write, and no other. */
  readonly writeId: string;
  /** From when on the store may forget the destination (milliseconds since the epoch). */
  readonly purgeAt: number;
}

/**
 * Keeps destinations. It decides nothing: the rules decide, on what was loaded, and a write lands only where nobody has
 * written meanwhile. Within a unit of work all of it is part of that transaction.
 */
export interface DestinationStore {
  /** Null when nothing is kept. @throws AppError SERVICE_UNAVAILABLE */
  load(id: string, unit?: UnitOfWork): Promise<StoredDestination | null>;
  /** Null when there is one by now. @throws AppError SERVICE_UNAVAILABLE: whether it landed is not known then */
  insert(id: string, write: DestinationWrite, unit?: UnitOfWork): Promise<StoredDestination | null>;
  /** Null when it has changed or gone. @throws AppError SERVICE_UNAVAILABLE: whether it landed is not known then */
  write(
    id: string,
    loaded: StoredDestination,
    write: DestinationWrite,
    unit?: UnitOfWork,
  ): Promise<StoredDestination | null>;
}
