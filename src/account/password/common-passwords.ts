import { dictionary } from '@zxcvbn-ts/language-common';

/** The most common passwords of public leaks, lower case: what a guesser tries first (NIST SP 800-63B-4, 3.1.1.2). */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(dictionary['passwords-common'] as Iterable<string>);
