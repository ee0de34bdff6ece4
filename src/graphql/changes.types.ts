import 'reflect-metadata';
import { Field, InputType, Int, ObjectType } from 'type-graphql';

const CODE = 'The code that was sent there. Give this or `verificationToken`, not both.';
const TOKEN = 'What `verifyOtp` answered. Give this or `otpCode`, not both.';
const FACTOR =
  "Where a second factor is on: a STEP_UP code that this session asked for, the authenticator's code, or a recovery code.";
const PASSWORD = "The account's password.";
const NEW_PASSWORD = '8 to 256 characters of any kind; the most common passwords are refused.';

@InputType({ description: "The proof that the account's own e-mail address is yours: a VERIFICATION code." })
export class VerifyEmailWithOtpInput {
  @Field(() => String, { nullable: true, description: CODE })
  otpCode?: string | null;

  @Field(() => String, { nullable: true, description: TOKEN })
  verificationToken?: string | null;
}

@InputType({ description: 'A new phone, and the proof that it is yours: a PHONE_CHANGE code.' })
export class ChangePhoneWithOtpInput {
  @Field(() => String, { description: 'The new phone number in E.164, to which the code was sent.' })
  newPhone!: string;

  @Field(() => String, { description: PASSWORD })
  password!: string;

  @Field(() => String, { nullable: true, description: CODE })
  otpCode?: string | null;

  @Field(() => String, { nullable: true, description: TOKEN })
  verificationToken?: string | null;

  @Field(() => String, { nullable: true, description: FACTOR })
  factorCode?: string | null;
}

@InputType({ description: 'A new e-mail address, and the proof that it is yours: a VERIFICATION code.' })
export class ChangeEmailWithOtpInput {
  @Field(() => String, { description: 'The new e-mail address, to which the code was sent.' })
  newEmail!: string;

  @Field(() => String, { description: PASSWORD })
  password!: string;

  @Field(() => String, { nullable: true, description: CODE })
  otpCode?: string | null;

  @Field(() => String, { nullable: true, description: TOKEN })
  verificationToken?: string | null;

  @Field(() => String, { nullable: true, description: FACTOR })
  factorCode?: string | null;
}

@InputType({ description: 'A new password, in place of one that you know.' })
export class ChangePasswordInput {
  @Field(() => String, { description: 'The password of now.' })
  currentPassword!: string;

  @Field(() => String, { description: NEW_PASSWORD })
  newPassword!: string;

  @Field(() => String, { nullable: true, description: FACTOR })
  otpCode?: string | null;
}

@InputType({ description: 'The proof that the account to delete is yours.' })
export class DeleteAccountInput {
  @Field(() => String, { description: PASSWORD })
  password!: string;

  @Field(() => String, { nullable: true, description: FACTOR })
  otpCode?: string | null;
}

@InputType({ description: 'The link of a notice.' })
export class UndoChangeInput {
  @Field(() => String, { description: 'What stands in the link after `#token=`.' })
  token!: string;
}

@ObjectType({ description: 'The account is reached where it was before the change. Every session has ended.' })
export class UndoChangePayload {
  @Field(() => String, { description: '"Change undone".' })
  message!: string;

  @Field(() => Int, { description: 'How many sessions ended.' })
  sessionsRevoked!: number;
}

@ObjectType({ description: 'The account is gone.' })
export class DeleteAccountPayload {
  @Field(() => String, { description: '"Account deleted".' })
  message!: string;
}
