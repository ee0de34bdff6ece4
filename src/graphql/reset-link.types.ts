import 'reflect-metadata';
import { Field, InputType, ObjectType } from 'type-graphql';

@InputType({ description: 'Whose password is forgotten.' })
export class RequestPasswordResetLinkInput {
  @Field(() => String, { description: "The account's e-mail address." })
  email!: string;
}

@ObjectType({ description: 'The same answer whether or not an account has this address.' })
export class RequestPasswordResetLinkPayload {
  @Field(() => String, { description: 'What to tell the person.' })
  message!: string;
}

@InputType({ description: 'A new password, and the link that was mailed.' })
export class ResetPasswordWithLinkInput {
  @Field(() => String, { description: 'What stands in the link after `#token=`.' })
  token!: string;

  @Field(() => String, { description: '8 to 256 characters of any kind; the most common passwords are refused.' })
  newPassword!: string;
}
