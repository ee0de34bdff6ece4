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
  /** JSON schema of the answer 400, where it says more than other refusals. */
  readonly mistake?: object;
  /** In use by old frontends only: every answer carries the headers of RFC 9745 and RFC 8594. */
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
  const { url, operationId, summary, description, body, deprecated = false, isPage = false, handler } = route;
  const schema = {
    tags: ['REST'],
    operationId,
    summary,
    description,
    ...(deprecated && { deprecated }),
    body,
    response: responsesOf(route),
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

const RETRY_AFTER = { 'Retry-After': { type: 'integer', description: 'How many seconds to wait.' } };
const DEPRECATION = {
  Deprecation: { type: 'string', description: 'Since when the route is deprecated (RFC 9745).' },
  Sunset: { type: 'string', description: 'The last day of the route (RFC 8594).' },
};

/** The schemas of the answers by their status, with the headers that they carry. */
function responsesOf({
  answer,
  mistake,
  deprecated = false,
}: Pick<PostRoute<never>, 'answer' | 'mistake' | 'deprecated'>) {
  const always = deprecated ? DEPRECATION : {};
  const refusal = (description: string, headers: object = {}) => ({
    description,
    headers: { ...always, ...headers },
    content: { 'application/json': { schema: { $ref: 'Error#' } } },
  });
  return {
    200: { ...answer, headers: always },
    ...(mistake && { 400: { ...mistake, headers: always } }),
    429: refusal('Too often. `code` says why.', RETRY_AFTER),
    503: refusal('Not now. `code` says why.', RETRY_AFTER),
    '4xx': refusal('Refused. `code` says why.'),
    '5xx': refusal('Failed. `code` says why.'),
  };
}
