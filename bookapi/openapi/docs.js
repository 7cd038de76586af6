"use strict";

// Swagger UI has colours for both, and would ask the reader to choose again.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
  dom_id: "#docs",
  url: "openapi.json",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false, // a token in the browser's storage would outlive the page
  validatorUrl: null, // no other host learns of this API
});
