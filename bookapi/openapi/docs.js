SwaggerUIBundle({
  dom_id: "#docs",
  url: "openapi.json",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false, // a token in the browser's storage outlives the page
  validatorUrl: null, // no other host learns of this API
});
