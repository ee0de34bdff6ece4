import { LOGIN, SEND, VERIFY, type Person } from '../target/accounts.ts';
import { operation, type Call } from '../load/client.ts';

/** What somebody may try who wants to find out whether an account exists. */
export interface Try {
  readonly name: string;
  /** Leads to where the try is made, some time before; not timed. */
  readonly before?: (person: Person) => Call;
  /** The same, but the try follows at once. */
  readonly justBefore?: (person: Person) => Call;
  readonly call: (person: Person) => Call;
}

/** Right in one run of a million. */
const WRONG_CODE = '000001';
const WRONG_PASSWORD = 'a wrong password';

type Purpose = 'LOGIN' | 'PASSWORD_RESET' | 'ACCOUNT_RECOVERY';

const send =
  (purpose: Purpose, channel: 'SMS' | 'EMAIL' = 'SMS') =>
  ({ email, phone, from }: Person) =>
    operation(SEND, { input: { to: channel === 'EMAIL' ? email : phone, channel, purpose } }, from);

const LOGIN_WITH_OTP = `mutation ($input: LoginWithOtpInput!) {
  loginWithOtp(input: $input) { __typename ... on AuthPayload { token } }
}`;
const RESET = `mutation ($input: ResetPasswordWithOtpInput!) {
  resetPasswordWithOtp(input: $input) { message sessionsRevoked }
}`;
const RECOVER = `mutation ($input: RecoverAccountWithOtpInput!) {
  recoverAccountWithOtp(input: $input) { message token }
}`;

const sendLogin: Try = { name: 'sendOtp LOGIN', call: send('LOGIN') };
const sendReset: Try = { name: 'sendOtp PASSWORD_RESET', call: send('PASSWORD_RESET') };
const verifyLogin: Try = {
  name: 'verifyOtp LOGIN, wrong code',
  before: send('LOGIN'),
  call: ({ phone, from }) => operation(VERIFY, { input: { to: phone, code: WRONG_CODE, purpose: 'LOGIN' } }, from),
};
const loginByCode: Try = {
  name: 'loginWithOtp, wrong code',
  before: send('LOGIN'),
  call: ({ phone, from }) => operation(LOGIN_WITH_OTP, { input: { to: phone, otpCode: WRONG_CODE } }, from),
};
const reset: Try = {
  name: 'resetPasswordWithOtp, wrong code',
  before: send('PASSWORD_RESET'),
  call: ({ email, phone, from }) => {
    const input = { email, phone, newPassword: 'newpassword123', otpCode: WRONG_CODE };
    return operation(RESET, { input }, from);
  },
};

/** Those that ask nothing of the provider before they answer. */
export const SENDS: readonly Try[] = [sendLogin, sendReset];
/** Those that wait for the provider: for its verdict, or until a code is on its way. */
export const CHECKS: readonly Try[] = [
  verifyLogin,
  loginByCode,
  reset,
  { name: 'verifyOtp LOGIN, right after sendOtp', justBefore: send('LOGIN'), call: verifyLogin.call },
];
export const TRIES: readonly Try[] = [
  {
    name: 'login, wrong password',
    call: ({ email, from }) => operation(LOGIN, { input: { email, password: WRONG_PASSWORD } }, from),
  },
  sendLogin,
  { name: 'sendOtp LOGIN by e-mail', call: send('LOGIN', 'EMAIL') },
  sendReset,
  { name: 'sendOtp ACCOUNT_RECOVERY', call: send('ACCOUNT_RECOVERY', 'EMAIL') },
  verifyLogin,
  loginByCode,
  reset,
  {
    name: 'recoverAccountWithOtp, wrong password',
    before: send('ACCOUNT_RECOVERY', 'EMAIL'),
    call: ({ email, phone, from }) => {
      const proofs = { otpCode: WRONG_CODE, newPhoneOtpCode: WRONG_CODE };
      const input = { email, password: WRONG_PASSWORD, newPhone: phone, ...proofs };
      return operation(RECOVER, { input }, from);
    },
  },
  // Of the old system; with Twilio it would need a mail server, and is left out.
  {
    name: 'POST /forgot-password',
    call: ({ email, from }) => ({ path: '/forgot-password', body: { email }, headers: from }),
  },
];
