import { AppError } from '../../errors.ts';

/** Another request was first. Asked again, this one sees what became of the account: perhaps its session has ended too. */
export function changedMeanwhile(): AppError {
  return new AppError('SERVICE_UNAVAILABLE', {
    message: 'The account changed meanwhile; try again',
    facts: { retryAfterSeconds: 1 },
  });
}
