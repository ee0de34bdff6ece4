import 'reflect-metadata';
import { Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { ERROR_TABLE, type ErrorCode } from '../errors.ts';
import { ErrorCodes } from './enums.ts';

@ObjectType({ description: 'An error that a request can meet.' })
export class ErrorInfo {
  @Field(() => ErrorCodes, { description: 'What `extensions.code` says.' })
  code!: ErrorCode;

  @Field(() => String, { description: 'The general message; an error may say something more particular.' })
  message!: string;

  @Field(() => Int, { description: 'The HTTP status that the REST endpoints answer with.' })
  httpStatus!: number;
}

@Resolver()
export class ErrorsResolver {
  @Query(() => [ErrorInfo], { description: 'Every error that this API answers with.' })
  errors(): ErrorInfo[] {
    return Object.entries(ERROR_TABLE).map(([code, row]) => ({ code: code as ErrorCode, ...row }));
  }
}
