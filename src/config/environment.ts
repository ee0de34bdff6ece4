import { z } from 'zod';
import { CODES, TWILIO } from './variables/codes.ts';
import { MAIL, PASSWORD_RESET } from './variables/mail.ts';
import { OPERATION } from './variables/operation.ts';
import { SERVER, STORAGE } from './variables/server.ts';
import { TOKENS } from './variables/tokens.ts';

/** The environment's variables, each with its rule, its default and what operators read of it. */
export const ENVIRONMENT = z.object({
  ...SERVER,
  ...STORAGE,
  ...CODES,
  ...TWILIO,
  ...MAIL,
  ...PASSWORD_RESET,
  ...TOKENS,
  ...OPERATION,
});
export type Environment = z.infer<typeof ENVIRONMENT>;
