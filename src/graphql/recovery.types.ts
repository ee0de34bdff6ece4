import 'reflect-metadata';
import { Field, InputType } from 'type-graphql';

@InputType({
  description:
    'A lost phone: the password, one more proof (an ACCOUNT_RECOVERY code or a recovery code), and a new phone that is yours.',
})
export class RecoverAccountWithOtpInput {
  @Field(() => String, { description: "The account's e-mail address." })
  email!: string;

  @Field(() => String, { description: "The account's password." })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where the ACCOUNT_RECOVERY code went, when that was not the e-mail address.',
  })
  to?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The ACCOUNT_RECOVERY code. Give one of this, `verificationToken` and `recoveryCode`.',
  })
  otpCode?: string | null;

  @Field(() => String, { nullable: true, description: 'What `verifyOtp` answered for the ACCOUNT_RECOVERY code.' })
  verificationToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'One of the ten codes that came with the second factor. Where an authenticator app is on, nothing else will do.',
  })
  recoveryCode?: string | null;

  @Field(() => String, { description: 'The new phone number in E.164.' })
  newPhone!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The VERIFICATION code that was sent to the new phone. Give this or `newPhoneVerificationToken`.',
  })
  newPhoneOtpCode?: string | null;

  @Field(() => String, { nullable: true, description: 'What `verifyOtp` answered for the new phone.' })
  newPhoneVerificationToken?: string | null;
}
