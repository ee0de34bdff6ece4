/** Within this time a client that lost the answer, or two tabs of one browser, may use a refresh token twice. */
export const SIBLING_MS = 10_000;
/** Valid refresh tokens of one session: one per tab that refreshes by itself. A further one takes the oldest one's place. */
export const MAX_VALID_TOKENS = 5;
/** Retired tokens that are remembered as such; an older one counts as reused. Keeps the document small. */
export const MAX_RETIRED_TOKENS = 20;
