import 'reflect-metadata';
import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { OtpChannel as Channel, OtpPurpose as Purpose } from '../otp/challenge.ts';
import { OtpChannel, OtpPurpose, OtpStatus } from './enums.ts';
import { TransactionInput } from './transaction.types.ts';

@InputType({ description: 'Where to send a code, and what for.' })
export class SendOtpInput {
  @Field(() => String, {
    description:
      'A phone number in E.164, for example +12025551234, or an e-mail address for EMAIL. Spaces, hyphens, dots and parentheses in a number are ignored.',
  })
  to!: string;

  @Field(() => OtpChannel, { defaultValue: OtpChannel.SMS, description: 'How the code travels.' })
  channel!: Channel;

  @Field(() => OtpPurpose, { defaultValue: OtpPurpose.VERIFICATION, description: 'What the code is for.' })
  purpose!: Purpose;

  @Field(() => String, {
    nullable: true,
    description:
      "PASSWORD_RESET only: the account's e-mail address. The code is sent only when `to` belongs to that account.",
  })
  email?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The language of the message (BCP 47, for example "de" or "pt-BR"), where the provider has it.',
  })
  locale?: string | null;

  @Field(() => TransactionInput, {
    nullable: true,
    description: 'The payment to confirm: required for TRANSACTION, refused otherwise. The message shows it.',
  })
  transaction?: TransactionInput | null;
}

@ObjectType({ description: 'A code is on its way.' })
export class SendOtpPayload {
  /** No field of the API: for the limits, which count messages. */
  isRepeat!: boolean;

  @Field(() => String, { description: 'For people: "OTP sent successfully via sms".' })
  message!: string;

  @Field(() => OtpStatus, { description: 'PENDING.' })
  status!: keyof typeof OtpStatus;

  @Field(() => String, { description: 'The destination in its normalised form.' })
  to!: string;

  @Field(() => OtpChannel, { description: 'The channel used.' })
  channel!: Channel;

  @Field(() => ID, { description: 'Names this code; `verifyOtp` takes it to mean this code and no other.' })
  challengeId!: string;

  @Field(() => GraphQLDateTime, { description: 'When the code stops working. A resend does not move it.' })
  expiresAt!: Date;

  @Field(() => GraphQLDateTime, {
    description: 'When the code can be sent again. Until then the same answer comes, and no message.',
  })
  resendAfter!: Date;

  @Field(() => Int, { description: 'How many digits the code has.' })
  codeLength!: number;
}

@InputType({ description: 'A code to check.' })
export class VerifyOtpInput {
  @Field(() => String, { description: 'The destination that the code was sent to.' })
  to!: string;

  @Field(() => String, { description: 'The code as typed: digits; spaces and hyphens are ignored.' })
  code!: string;

  @Field(() => OtpPurpose, { defaultValue: OtpPurpose.VERIFICATION, description: 'What the code was sent for.' })
  purpose!: Purpose;

  @Field(() => ID, { nullable: true, description: '`challengeId` of `sendOtp`: check this code and no later one.' })
  challengeId?: string | null;
}

@ObjectType({ description: 'The outcome of a check. A wrong code is an outcome, not an error.' })
export class VerifyOtpPayload {
  @Field(() => String, { description: '"OTP verified successfully" or "Invalid OTP".' })
  message!: string;

  @Field(() => OtpStatus, { description: 'Where the code stands after this check.' })
  status!: keyof typeof OtpStatus;

  @Field(() => Boolean, { description: 'True when the code was right.' })
  valid!: boolean;

  @Field(() => Int, { description: 'How many more codes this requester may try.' })
  attemptsRemaining!: number;

  @Field(() => String, {
    nullable: true,
    description: 'When valid: proves the destination to the action of this purpose, once, in place of the code.',
  })
  verificationToken?: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'Until when the token, or the same code, can be spent.',
  })
  verificationTokenExpiresAt?: Date | null;
}

@ObjectType({ description: 'What a code looks like here and how often it can be tried: for building forms.' })
export class OtpPolicy {
  @Field(() => [OtpChannel], { description: 'Channels that are configured here.' })
  channels!: Channel[];

  @Field(() => Int, { description: 'How many digits a code has.' })
  codeLength!: number;

  @Field(() => Int, { description: 'How long a code works, in seconds.' })
  lifetimeSeconds!: number;

  @Field(() => Int, { description: 'How long to wait before a code can be sent again, in seconds.' })
  resendCooldownSeconds!: number;

  @Field(() => Int, { description: 'How many wrong codes one requester may give before a new code is needed.' })
  maxAttempts!: number;
}
