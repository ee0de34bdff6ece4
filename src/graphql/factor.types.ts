import 'reflect-metadata';
import { GraphQLDateTime } from 'graphql-scalars';
import { Field, InputType, ObjectType } from 'type-graphql';
import { UserType } from './account.types.ts';

const PASSWORD = "The account's password, once more.";

@InputType({ description: 'The password, and a code.' })
export class SecondFactorInput {
  @Field(() => String, { description: PASSWORD })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "To switch the first factor on: a VERIFICATION code that was sent to the account's phone. Where one is on: a STEP_UP code that this session asked for, the authenticator's code, or a recovery code.",
  })
  otpCode?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What `verifyOtp` answered, in place of the code. Only to switch the first factor on.',
  })
  verificationToken?: string | null;
}

@InputType({ description: 'The password, and a code of the second factor where one is on.' })
export class EnrollAuthenticatorInput {
  @Field(() => String, { description: PASSWORD })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Where a factor is on: a STEP_UP code that this session asked for, the code of the authenticator of now, or a recovery code.',
  })
  otpCode?: string | null;
}

@ObjectType({ description: 'The second factor was changed. Other sessions have ended.' })
export class SecondFactorPayload {
  @Field(() => String, { description: '"Second factor enabled" or "Second factor disabled".' })
  message!: string;

  @Field(() => [String], {
    description:
      'Ten codes, each good once in place of a code. Shown this once: older ones are void. Empty after switching off.',
  })
  recoveryCodes!: readonly string[];

  @Field(() => UserType, { description: 'The account after the change.' })
  user!: UserType;
}

@ObjectType({
  description: 'What an authenticator app needs. It counts once `confirmAuthenticator` has seen its first code.',
})
export class AuthenticatorEnrollment {
  @Field(() => String, { description: 'The otpauth URI, for a link on the same device.' })
  otpauthUri!: string;

  @Field(() => String, { description: 'The secret in base 32, for typing it in by hand.' })
  secret!: string;

  @Field(() => String, { description: 'The URI as a QR code, an SVG image.' })
  qrCodeSvg!: string;

  @Field(() => GraphQLDateTime, { description: 'Until when the first code is taken.' })
  expiresAt!: Date;
}
