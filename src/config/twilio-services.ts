import type { Environment } from './environment.ts';

/** A Verify service, and the variable that names it. */
export interface VerifyService {
  readonly sid: string;
  readonly variable: string;
}

type Variable = Extract<keyof Environment, `TWILIO_VERIFY_SERVICE_SID${string}`>;
const FIRST = 'TWILIO_VERIFY_SERVICE_SID';

/**
 * The Verify service of each purpose: its own, else that of its family, else the first. Twilio repeats the code of a number
 * while one is pending at a service, so purposes that share one share their codes (docs/twilio.md).
 */
export function servicesOf(env: Partial<Environment>) {
  const named = (...variables: Variable[]): VerifyService => {
    const variable = variables.find((one) => env[one]) ?? FIRST;
    return { sid: env[variable] ?? '', variable };
  };
  const account = named(`${FIRST}_ACCOUNT`);
  const transaction = named(`${FIRST}_TRANSACTION`);
  return {
    VERIFICATION: named(FIRST),
    LOGIN: named(`${FIRST}_LOGIN`, `${FIRST}_ACCOUNT`),
    PASSWORD_RESET: named(`${FIRST}_RESET`, `${FIRST}_ACCOUNT`),
    ACCOUNT_RECOVERY: named(`${FIRST}_RECOVERY`, `${FIRST}_ACCOUNT`),
    TRANSACTION: transaction,
    // With PSD2 every code of that service needs a payment.
    PHONE_CHANGE: env.TWILIO_PSD2 ? account : transaction,
    STEP_UP: env.TWILIO_PSD2 ? account : transaction,
  };
}

export type VerifyServices = Readonly<ReturnType<typeof servicesOf>>;
