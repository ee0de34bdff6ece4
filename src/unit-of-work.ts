declare const unitOfWorkBrand: unique symbol;
/** An open database transaction, passed from the room that opened it to the stores that write in it. */
export interface UnitOfWork {
  readonly [unitOfWorkBrand]: never;
}

/** Runs work whose writes land together or not at all. */
export interface UnitsOfWork {
  /** @throws AppError SERVICE_UNAVAILABLE when the database cannot be reached in time */
  run<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T>;
}
