import type { Verification } from './verification-store.ts';
import type { Service } from './verifications.ts';

/** Where a resource lives: the account it belongs to and the address the emulator was called at. */
interface Location {
  accountSid: string;
  baseUrl: string;
}

/** The body of a start, fetch or update, field by field as in Twilio's OpenAPI document. */
export function verificationBody(verification: Verification, { accountSid, baseUrl }: Location) {
  const { sid, serviceSid } = verification;
  return {
    sid,
    service_sid: serviceSid,
    account_sid: accountSid,
    to: verification.to,
    channel: verification.channel,
    status: verification.status,
    valid: verification.status === 'approved',
    date_created: toSeconds(verification.createdAt),
    date_updated: toSeconds(verification.updatedAt),
    lookup: { carrier: null },
    amount: verification.amount,
    payee: verification.payee,
    send_code_attempts: verification.sends.map((send) => ({
      time: new Date(send.at).toISOString(),
      channel: send.channel,
      attempt_sid: send.sid,
    })),
    sna: null,
    url: `${baseUrl}/v2/Services/${serviceSid}/Verifications/${sid}`,
  };
}

/** The body of a check: fewer fields, and the error codes of a channel otpql does not use. */
export function checkBody(verification: Verification, { accountSid }: Location) {
  return {
    sid: verification.sid,
    service_sid: verification.serviceSid,
    account_sid: accountSid,
    to: verification.to,
    channel: verification.channel,
    status: verification.status,
    valid: verification.status === 'approved',
    amount: verification.amount,
    payee: verification.payee,
    date_created: toSeconds(verification.createdAt),
    date_updated: toSeconds(verification.updatedAt),
    sna_attempts_error_codes: [],
  };
}

/** The body of a service: Twilio's defaults, and the PSD2 flag. */
export function serviceBody(service: Required<Service>, createdAt: number, { accountSid, baseUrl }: Location) {
  const url = `${baseUrl}/v2/Services/${service.sid}`;
  return {
    sid: service.sid,
    account_sid: accountSid,
    friendly_name: 'otpql emulator',
    code_length: 6,
    lookup_enabled: false,
    psd2_enabled: service.psd2,
    skip_sms_to_landlines: false,
    dtmf_input_required: true,
    tts_name: null,
    do_not_share_warning_enabled: false,
    custom_code_enabled: false,
    push: { include_date: false, apn_credential_sid: null, fcm_credential_sid: null },
    totp: { issuer: null, time_step: 30, code_length: 6, skew: 1 },
    default_template_sid: null,
    whatsapp: { msg_service_sid: null, from: null },
    passkeys: null,
    verify_event_subscription_enabled: false,
    date_created: toSeconds(createdAt),
    date_updated: toSeconds(createdAt),
    url,
    links: { verifications: `${url}/Verifications`, verification_checks: `${url}/VerificationCheck` },
  };
}

/** ISO 8601 without milliseconds, the form of Twilio's dates. */
function toSeconds(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
