/** The page at `/docs`: Swagger UI over /openapi.json. Everything on it comes from this server. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>REST API · otpql</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<script src="/docs/swagger-ui-bundle.js" defer></script>
<script src="/docs/docs.js" defer></script>
</head>
<body>
<div id="docs"></div>
</body>
</html>
`;

/** No validator: it would send the document to a server of Swagger's. */
export const DOCS_SCRIPT = `'use strict';
SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', validatorUrl: null, deepLinking: true, tryItOutEnabled: true });
`;
