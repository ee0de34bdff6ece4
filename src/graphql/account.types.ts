import 'reflect-metadata';
import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';

const CODE = 'The code that was sent there. Give this or `verificationToken`, not both.';
const TOKEN = 'What `verifyOtp` answered. Give this or `otpCode`, not both.';

@InputType({ description: 'A new account, and the proof that its phone is yours.' })
export class RegisterWithOtpInput {
  @Field(() => String, { description: 'The e-mail address to sign in with.' })
  email!: string;

  @Field(() => String, { description: '8 to 256 characters of any kind; the most common passwords are refused.' })
  password!: string;

  @Field(() => String, { description: 'The phone number in E.164 that the code was sent to.' })
  phone!: string;

  @Field(() => String, {
    nullable: true,
    description: `${CODE} A code that \`verifyOtp\` approved works here once more.`,
  })
  otpCode?: string | null;

  @Field(() => String, { nullable: true, description: TOKEN })
  verificationToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What `verifyOtp` answered for the e-mail address: it counts as verified from the start.',
  })
  emailVerificationToken?: string | null;
}

@InputType({ description: 'A new password, and the proof that the account is yours.' })
export class ResetPasswordWithOtpInput {
  @Field(() => String, { description: "The account's e-mail address." })
  email!: string;

  @Field(() => String, { nullable: true, description: 'Where the code went; null when it went to the e-mail address.' })
  phone?: string | null;

  @Field(() => String, { description: '8 to 256 characters of any kind; the most common passwords are refused.' })
  newPassword!: string;

  @Field(() => String, { nullable: true, description: CODE })
  otpCode?: string | null;

  @Field(() => String, { nullable: true, description: TOKEN })
  verificationToken?: string | null;
}

@ObjectType('User', { description: 'An account.' })
export class UserType {
  @Field(() => ID, { description: 'Names the account for ever.' })
  id!: string;

  @Field(() => String, { description: 'The e-mail address, in lower case.' })
  email!: string;

  @Field(() => Boolean, { description: 'True once the address was proven by a code.' })
  emailVerified!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The phone number in E.164; null only for imported users who have not added one yet.',
  })
  phone?: string | null;

  @Field(() => Boolean, { description: 'True once the number was proven by a code.' })
  phoneVerified!: boolean;

  @Field(() => Boolean, { description: 'True when signing in takes a second factor.' })
  twoFactorEnabled!: boolean;

  @Field(() => GraphQLDateTime, { description: 'When the account was registered.' })
  createdAt!: Date;
}

@ObjectType({ description: 'A session was opened or renewed.' })
export class AuthPayload {
  @Field(() => String, { description: 'For people: "Registration successful", "Session refreshed".' })
  message!: string;

  @Field(() => String, { description: 'The access token, a JWT: send it as `Authorization: Bearer TOKEN`.' })
  token!: string;

  @Field(() => GraphQLDateTime, { description: 'When the access token expires.' })
  expiresAt!: Date;

  @Field(() => String, { description: 'Opaque and secret: `refreshSession` takes it once, for the next tokens.' })
  refreshToken!: string;

  @Field(() => String, {
    description:
      'Opaque: keep it, also after signing out, and send it as header `X-Otpql-Device` with every request. A client that is known has limits of its own, which strangers cannot use up.',
  })
  deviceToken!: string;

  @Field(() => UserType, { description: 'The signed-in account.' })
  user!: UserType;
}

@ObjectType({ description: 'The password was changed.' })
export class ResetPasswordPayload {
  @Field(() => String, { description: '"Password reset successful".' })
  message!: string;

  @Field(() => Int, { description: 'How many sessions were ended: all that the account had.' })
  sessionsRevoked!: number;
}
