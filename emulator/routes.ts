import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createAnswer } from './answer.ts';
import type { ControlState } from './control.ts';
import { notFound, TwilioError } from './errors.ts';
import type { Form } from './forms.ts';
import { checkBody, serviceBody, verificationBody } from './resources.ts';
import type { Verifications } from './verifications.ts';

interface Dependencies {
  accountSid: string;
  authToken: string;
  now: () => number;
  verifications: Verifications;
  state: ControlState;
}

interface ServiceRoute {
  Params: { serviceSid: string };
  Body: Form | undefined;
}

interface VerificationRoute {
  Params: { serviceSid: string; sidOrTo: string };
  Body: Form | undefined;
}

/** The paths of the real API, below /v2. */
export function registerVerifyApi(app: FastifyInstance, deps: Dependencies): void {
  const { verifications } = deps;
  const answer = createAnswer(deps.state, deps.now);
  const location = (request: FastifyRequest) => ({ accountSid: deps.accountSid, baseUrl: `http://${request.host}` });
  const startedAt = deps.now();

  readFormsOnly(app);
  app.addHook('onRequest', async (request) => authenticate(request, deps));
  app.setErrorHandler(sendError);
  app.setNotFoundHandler((request) => {
    throw notFound(resourcePath(request));
  });

  app.get<ServiceRoute>('/Services/:serviceSid', (request, reply) => {
    const { serviceSid } = request.params;
    return answer(reply, { kind: 'fetch', serviceSid, to: null }, 200, () =>
      serviceBody(verifications.service(serviceSid, resourcePath(request)), startedAt, location(request)),
    );
  });
  app.post<ServiceRoute>('/Services/:serviceSid/Verifications', (request, reply) => {
    const { serviceSid } = request.params;
    const form = request.body ?? {};
    return answer(reply, { kind: 'start', serviceSid, to: form.To || null }, 201, () =>
      verificationBody(verifications.start(serviceSid, form, resourcePath(request)), location(request)),
    );
  });
  app.post<ServiceRoute>('/Services/:serviceSid/VerificationCheck', (request, reply) => {
    const { serviceSid } = request.params;
    const form = request.body ?? {};
    const to = form.To || verifications.destination(serviceSid, form.VerificationSid ?? '');
    return answer(reply, { kind: 'check', serviceSid, to }, 200, () =>
      checkBody(verifications.check(serviceSid, form, resourcePath(request)), location(request)),
    );
  });
  app.post<VerificationRoute>('/Services/:serviceSid/Verifications/:sidOrTo', (request, reply) => {
    const { serviceSid, sidOrTo } = request.params;
    const to = verifications.destination(serviceSid, sidOrTo);
    return answer(reply, { kind: 'cancel', serviceSid, to }, 200, () => {
      const updated = verifications.update(serviceSid, sidOrTo, request.body ?? {}, resourcePath(request));
      return verificationBody(updated, location(request));
    });
  });
  app.get<VerificationRoute>('/Services/:serviceSid/Verifications/:sidOrTo', (request, reply) => {
    const { serviceSid, sidOrTo } = request.params;
    const to = verifications.destination(serviceSid, sidOrTo);
    return answer(reply, { kind: 'fetch', serviceSid, to }, 200, () =>
      verificationBody(verifications.fetch(serviceSid, sidOrTo, resourcePath(request)), location(request)),
    );
  });
}

/** Like Twilio, takes any body for a form: JSON then lacks every parameter. */
function readFormsOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    done(null, isForm ? Object.fromEntries(new URLSearchParams(body.toString())) : {});
  });
}

function authenticate(request: FastifyRequest, { accountSid, authToken }: Dependencies): void {
  const expected = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  if (request.headers.authorization !== expected) throw new TwilioError(20003);
}

function sendError(error: unknown, _request: FastifyRequest, reply: FastifyReply) {
  const refusal = error instanceof TwilioError ? error : new TwilioError(20500);
  if (refusal.retryAfterSeconds !== undefined) reply.header('retry-after', refusal.retryAfterSeconds);
  return reply.code(refusal.status).send(refusal.toBody());
}

/** The path as Twilio names it in a 20404: decoded, without version or query. */
function resourcePath({ url }: FastifyRequest): string {
  const path = url.replace(/^\/v2/, '').replace(/\?.*$/, '');
  return path.replaceAll('%2B', '+').replaceAll('%40', '@');
}
