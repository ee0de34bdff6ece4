import { z } from 'zod';

/** What operators read of a variable. It stands beside the rule that runs, and `npm run config-docs` writes it down. */
interface Note {
  /** What the variable does. A page is named by its path, `docs/….md`. */
  readonly about: string;
  /** What holds where the variable is not set, if that is no fixed value of its own. */
  readonly unset?: string;
}

export const NOTES = z.registry<Note>();

// A rule refuses in words that begin with "must": they follow the variable's name in an error, and stand in its docs.

export const text = z.string().trim().min(1);

export const wholeNumber = (fallback: number, min: number, max: number) => {
  const refusal = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(refusal).int(refusal).min(min, refusal).max(max, refusal).default(fallback);
};

export const flag = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform((value) => value === 'true' || value === '1');

export const list = text.transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);

/** At least one of these, separated by commas. */
export const someOf = <const T extends readonly [string, ...string[]]>(values: T) => {
  const refusal = `must be some of ${values.join(', ')}, separated by commas`;
  return list.pipe(z.array(z.enum(values, refusal)).min(1, refusal));
};

export const httpUrl = text.refine(
  (value) => /^https?:\/\//.test(value) && URL.canParse(value),
  'must be an http(s) URL',
);
