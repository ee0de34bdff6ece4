import type { Environment } from './environment.ts';
import { servicesOf, type VerifyServices } from './twilio-services.ts';
import { GUIDE_PLACEHOLDER, missingTwilio } from './rules.ts';

/** What an operator should know at start though nothing refuses it, one line each. */
export function warningsOf(env: Environment, production: boolean): string[] {
  const warnings: string[] = [];
  if (production && env.RATE_LIMIT_SCALE !== 1)
    warnings.push(`RATE_LIMIT_SCALE is ${env.RATE_LIMIT_SCALE}: the limits are not the defaults`);
  if (!production && env.JWT_SECRET_KEY === GUIDE_PLACEHOLDER)
    warnings.push('JWT_SECRET_KEY is the example from the guide: production refuses to start with it');
  warnings.push(...resetWarnings(env, production), ...twilioWarnings(env));
  return warnings;
}

/** Named links without these refuse to start; by default they are just off, which somebody should know. */
function resetWarnings(env: Environment, production: boolean): string[] {
  if (!production || env.PASSWORD_RESET_METHODS || (env.SMTP_URL && env.PUBLIC_URL)) return [];
  return ['reset links are off until SMTP_URL and PUBLIC_URL are set; or set PASSWORD_RESET_METHODS=otp'];
}

function twilioWarnings(env: Environment): string[] {
  const missing = missingTwilio(env);
  if (env.OTP_PROVIDER === 'local' || (missing.length === 3 && !env.OTP_PROVIDER)) return [];
  if (missing.length > 0) {
    const then = env.OTP_PROVIDER ? 'sendOtp answers PROVIDER_NOT_CONFIGURED' : 'codes go to the development inbox';
    return [`${missing.join(' and ')} missing: until Twilio is configured ${then}`];
  }
  return sharingWarnings(servicesOf(env));
}

/** What it costs that purposes share a service for whose codes anybody can ask. */
function sharingWarnings(services: VerifyServices): string[] {
  const { PHONE_CHANGE: _change, STEP_UP: _stepUp, ...asked } = services;
  const purposesOf = (sid: string) => Object.entries(asked).flatMap(([name, one]) => (one.sid === sid ? [name] : []));
  const sids = [...new Set(Object.values(asked).map(({ sid }) => sid))];
  const groups = sids.map((sid) => purposesOf(sid).join(', ')).filter((names) => names.includes(','));
  if (groups.length === 0) return [];
  return [
    `Purposes share one Twilio Verify service (${groups.join('; ')}). While somebody else's code of one is pending at a number, its owner on a new device is refused the others (RESEND_TOO_SOON) until that code expires. Give each purpose a service of its own: TWILIO_VERIFY_SERVICE_SID_LOGIN, _RESET, _RECOVERY and _TRANSACTION`,
  ];
}
