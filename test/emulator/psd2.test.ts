import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Harness, PHONE, PSD2_SERVICE_SID, refusal, startHarness } from './harness.ts';

const PAYMENT = { amount: '39.99 EUR', payee: 'Acme Inc.' };
const OTHER_PAYMENT = { ...PAYMENT, amount: '3999.00 EUR' };

let harness: Harness;

beforeEach(async () => {
  harness = await startHarness();
});

afterEach(async () => {
  await harness.emulator.close();
});

const psd2 = () => harness.service(PSD2_SERVICE_SID);
const start = (payment: object = PAYMENT, channel = 'sms') =>
  psd2().verifications.create({ to: PHONE, channel, ...payment });

describe('a service with PSD2', () => {
  test('says so when fetched', async () => {
    expect(await psd2().fetch()).toMatchObject({ psd2Enabled: true });
  });

  test('shows the payment in the message and approves it as a whole', async () => {
    expect(await start()).toMatchObject({ ...PAYMENT, status: 'pending' });
    expect(harness.emulator.control.messages()[0]).toMatchObject(PAYMENT);
    const code = harness.lastCode();
    const checked = await psd2().verificationChecks.create({ to: PHONE, code, ...PAYMENT });
    expect(checked).toMatchObject({ ...PAYMENT, status: 'approved', valid: true });
  });

  test.each([{}, { amount: '39.99 EUR' }, { payee: 'Acme Inc.' }])(
    'needs both halves: %j is 60206',
    async (payment) => {
      await expect(start(payment)).rejects.toMatchObject(refusal(400, 60206));
      const { sid } = await start();
      const code = harness.lastCode();
      const { verificationChecks } = psd2();
      await expect(verificationChecks.create({ to: PHONE, code, ...payment })).rejects.toMatchObject(
        refusal(400, 60206),
      );
      await expect(verificationChecks.create({ verificationSid: sid, code, ...payment })).rejects.toMatchObject(
        refusal(400, 60206),
      );
    },
  );

  test('knows nothing pending for another payment, by number or by SID, and spends no attempt on it', async () => {
    const { sid } = await start();
    const code = harness.lastCode();
    const { verificationChecks } = psd2();
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const target = attempt % 2 ? { to: PHONE } : { verificationSid: sid };
      await expect(verificationChecks.create({ ...target, code, ...OTHER_PAYMENT })).rejects.toMatchObject(
        refusal(404, 20404),
      );
    }
    expect(await verificationChecks.create({ verificationSid: sid, code, ...PAYMENT })).toMatchObject({ valid: true });
  });

  test('gives every payment a verification of its own, and the same one its code again', async () => {
    const first = await start();
    const other = await start(OTHER_PAYMENT);
    expect(other.sid).not.toBe(first.sid);
    expect((await start()).sid).toBe(first.sid);
  });

  test('cannot call', async () => {
    await expect(start(PAYMENT, 'call')).rejects.toMatchObject(refusal(400, 60214));
  });
});

describe('without PSD2', () => {
  test('amount and payee are no part of the verification', async () => {
    const { verifications, verificationChecks } = harness.service();
    expect(await verifications.create({ to: PHONE, channel: 'sms', ...PAYMENT })).toMatchObject({ amount: null });
    const checked = await verificationChecks.create({ to: PHONE, code: harness.lastCode(), ...OTHER_PAYMENT });
    expect(checked).toMatchObject({ amount: null, payee: null, valid: true });
  });

  test('the switch turns it on and off for every service', async () => {
    harness.emulator.control.setBehavior({ psd2: true });
    const { verifications } = harness.service();
    await expect(verifications.create({ to: PHONE, channel: 'sms' })).rejects.toMatchObject(refusal(400, 60206));
    harness.emulator.control.setBehavior({ psd2: false });
    expect(await start({}, 'call')).toMatchObject({ status: 'pending' });
  });
});
