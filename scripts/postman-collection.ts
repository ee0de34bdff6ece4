/** What the script reads of an OpenAPI document. */
export interface OpenApi {
  readonly info: { readonly title: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: BodySchema } } };
}
interface BodySchema {
  readonly required?: readonly string[];
  readonly properties: Readonly<
    Record<
      string,
      { readonly default?: unknown; readonly examples?: readonly unknown[]; readonly description?: string }
    >
  >;
}

/** One request of the walk. Scripts may use `pm.collectionVariables`, `pm.response`, `pm.test` and `pm.expect(…).to.equal`. */
interface Step {
  readonly name: string;
  /** An operation of the OpenAPI document; without one the step reads the development inbox. */
  readonly operationId?: string;
  /** The body's fields. All that are required must be here. */
  readonly fields?: readonly string[];
  readonly values?: Readonly<Record<string, string>>;
  readonly before?: readonly string[];
  readonly after: readonly string[];
}

const VARIABLES = {
  baseUrl: 'http://localhost:4000',
  fresh: 'yes',
  phone: '',
  email: '',
  code: '',
  password: 'securepassword',
  newPassword: 'newpassword123',
  token: '',
};

/** Which variable fills a field of a body. */
const FILLED_BY: Readonly<Record<string, string>> = {
  to: '{{phone}}',
  phone: '{{phone}}',
  email: '{{email}}',
  password: '{{password}}',
  code: '{{code}}',
  otp_code: '{{code}}',
  new_password: '{{newPassword}}',
};

const status = (code: number) => `pm.test('status ${code}', () => pm.expect(pm.response.code).to.equal(${code}));`;
const answers = (field: string, value: string) =>
  `pm.test('${field}', () => pm.expect(pm.response.json().${field}).to.equal(${value}));`;

const readCode = (purpose: string): Step => ({
  name: 'Read the code (development only; elsewhere set the variable `code` by hand)',
  after: [
    status(200),
    `const phone = pm.collectionVariables.get('phone');`,
    `const message = pm.response.json().find(({ to, purpose }) => to === phone && purpose === '${purpose}');`,
    `pm.collectionVariables.set('code', message.code);`,
  ],
});

const WALK: readonly Step[] = [
  {
    name: 'Send a code',
    operationId: 'sendOtp',
    fields: ['to', 'channel'],
    before: [
      '// A number and an address that nobody has registered. To use your own, set `fresh` to no.',
      `if (pm.collectionVariables.get('fresh') === 'yes') {`,
      '  const digits = String(Date.now()).slice(-7);',
      `  pm.collectionVariables.set('phone', '+1202' + digits);`,
      `  pm.collectionVariables.set('email', 'user' + digits + '@example.com');`,
      '}',
    ],
    after: [status(200), answers('status', `'pending'`)],
  },
  readCode('VERIFICATION'),
  {
    name: 'A wrong code is refused',
    operationId: 'verifyOtp',
    fields: ['to', 'code'],
    values: { code: '{{wrongCode}}' },
    before: [
      `const code = pm.collectionVariables.get('code');`,
      `pm.collectionVariables.set('wrongCode', (Number(code[0]) + 1) % 10 + code.slice(1));`,
    ],
    after: [status(400), answers('valid', 'false'), answers('code', `'OTP_INVALID'`)],
  },
  {
    name: 'Check the code',
    operationId: 'verifyOtp',
    fields: ['to', 'code'],
    after: [status(200), answers('valid', 'true'), answers('status', `'approved'`)],
  },
  {
    name: 'Register with the same code',
    operationId: 'registerWithOtp',
    fields: ['email', 'password', 'phone', 'otp_code'],
    after: [
      status(200),
      answers('user.phone_verified', 'true'),
      `pm.collectionVariables.set('token', pm.response.json().token);`,
    ],
  },
  {
    name: 'Forget the password: send a code',
    operationId: 'forgotPasswordOtp',
    fields: ['email', 'phone'],
    after: [status(200), answers('status', `'pending'`)],
  },
  readCode('PASSWORD_RESET'),
  {
    name: 'Forget the password: set a new one',
    operationId: 'forgotPasswordOtp',
    fields: ['email', 'phone', 'otp_code', 'new_password'],
    after: [status(200), answers('message', `'Password reset successful'`)],
  },
];

/**
 * A Postman collection (format 2.1) of an OpenAPI document: the walk through the guide's flow, then each operation that
 * the walk does not use, filled with the examples of its schema.
 * @throws Error when the walk names an operation or a field that the document does not have
 */
export function toPostmanCollection(api: OpenApi): object {
  const operations = operationsOf(api);
  const used = new Set(WALK.map(({ operationId }) => operationId));
  const others = [...operations.values()].filter(({ operation }) => !used.has(operation.operationId));
  const walk = WALK.map((step) => toItem(step, operations));
  const rest = others.map(({ path, operation }) => ({
    name: operation.summary,
    request: toRequest(path, operation, Object.keys(schemaOf(operation).properties)),
  }));
  return {
    info: {
      name: api.info.title,
      description: `${api.info.description ?? ''}\n\nRun the folder "The whole flow" from top to bottom against a development server.`,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    item: [{ name: 'The whole flow', item: walk }, ...(rest.length > 0 ? [{ name: 'Others', item: rest }] : [])],
    variable: Object.entries(VARIABLES).map(([key, value]) => ({ key, value, type: 'string' })),
  };
}

type Operations = ReadonlyMap<string, { readonly path: string; readonly operation: Operation }>;

/** The POST operations that take JSON, by their ids. */
function operationsOf(api: OpenApi): Operations {
  return new Map(
    Object.entries(api.paths).flatMap(([path, { post }]) =>
      post?.requestBody ? [[post.operationId, { path, operation: post }] as const] : [],
    ),
  );
}

function toItem(step: Step, operations: Operations): object {
  const event = [...(step.before ? [toEvent('prerequest', step.before)] : []), toEvent('test', step.after)];
  if (step.operationId === undefined) {
    const url = toUrl('/dev/inbox.json');
    return { name: step.name, event, request: { method: 'GET', header: [], url } };
  }
  const found = operations.get(step.operationId);
  if (!found) throw new Error(`the OpenAPI document has no operation ${step.operationId}`);
  return { name: step.name, event, request: toRequest(found.path, found.operation, step.fields ?? [], step.values) };
}

function toEvent(listen: 'prerequest' | 'test', exec: readonly string[]): object {
  return { listen, script: { type: 'text/javascript', exec } };
}

function toRequest(
  path: string,
  operation: Operation,
  fields: readonly string[],
  values: Readonly<Record<string, string>> = {},
): object {
  const schema = schemaOf(operation);
  const missing = schema.required?.find((field) => !fields.includes(field));
  if (missing) throw new Error(`${operation.operationId} needs the field ${missing}`);
  const body = Object.fromEntries(
    fields.map((field) => {
      const property = schema.properties[field];
      if (!property) throw new Error(`${operation.operationId} has no field ${field}`);
      return [field, values[field] ?? FILLED_BY[field] ?? property.default ?? property.examples?.[0] ?? ''];
    }),
  );
  return {
    method: 'POST',
    header: [{ key: 'Content-Type', value: 'application/json' }],
    url: toUrl(path),
    body: { mode: 'raw', raw: JSON.stringify(body, null, 2), options: { raw: { language: 'json' } } },
    description: operation.description,
  };
}

function schemaOf(operation: Operation): BodySchema {
  return operation.requestBody!.content['application/json'].schema;
}

function toUrl(path: string): object {
  return { raw: `{{baseUrl}}${path}`, host: ['{{baseUrl}}'], path: path.slice(1).split('/') };
}
