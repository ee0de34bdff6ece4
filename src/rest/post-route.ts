import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

interface PostRoute<Body> {
  readonly url: string;
  /** Names the route in the OpenAPI document and in the Postman collection. */
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  /** JSON schema of the body: an object. What it does not allow is refused with BAD_USER_INPUT. */
  readonly body: object;
  /** JSON schema of the answer 200. Fields that it does not name are not sent. */
  readonly answer: object;
  readonly deprecated?: boolean;
  /** GET is answered elsewhere, by a page for people. */
  readonly isPage?: boolean;
  /** Returns the answer 200; refuses by throwing an AppError. */
  readonly handler: (body: Body, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
}

/**
 * One endpoint of the guide: a POST with its schemas, which are also its documentation, and 405 for other methods.
 * @param rest the scope of `rest-routes.ts`, whose error handler answers what is thrown
 */
export function addPostRoute<Body>(rest: FastifyInstance, route: PostRoute<Body>): void {
  const { url, operationId, summary, description, body, answer, deprecated = false, isPage = false, handler } = route;
  const schema = {
    tags: ['REST'],
    operationId,
    summary,
    description,
    ...(deprecated && { deprecated }),
    body,
    response: { 200: answer, '4xx': { $ref: 'Error#' }, '5xx': { $ref: 'Error#' } },
  };
  // The schema has looked at it.
  rest.post(url, { schema }, (request, reply) => handler(request.body as Body, request, reply));
  rest.route({
    method: [...(isPage ? [] : ['GET']), 'PUT', 'PATCH', 'DELETE'],
    url,
    handler: (_request, reply) =>
      reply
        .code(405)
        .header('allow', isPage ? 'GET, POST' : 'POST')
        .send({ error: 'Use POST here', code: 'BAD_USER_INPUT' }),
  });
}
