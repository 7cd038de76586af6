module example.com/bookapi/proof

go 1.26.0

require (
	example.com/bookapi v0.0.0
	example.com/bookapi/step1-hashing v0.0.0
	example.com/bookapi/step2-token v0.0.0
	example.com/bookapi/step3-protect v0.0.0
	example.com/bookapi/step4-authz v0.0.0
	example.com/bookapi/step5-hardening v0.0.0
	github.com/getkin/kin-openapi v0.153.0
	github.com/go-chi/chi/v5 v5.5.0
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/stretchr/testify v1.12.1
	golang.org/x/oauth2 v0.37.0
)

require (
	github.com/go-openapi/jsonpointer v0.22.5 // indirect
	github.com/go-openapi/swag/jsonname v0.25.5 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	github.com/swaggest/swgui v1.8.8 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace (
	example.com/bookapi v0.0.0 => ../../bookapi
	example.com/bookapi/step1-hashing v0.0.0 => ../step1-hashing
	example.com/bookapi/step2-token v0.0.0 => ../step2-token
	example.com/bookapi/step3-protect v0.0.0 => ../step3-protect
	example.com/bookapi/step4-authz v0.0.0 => ../step4-authz
	example.com/bookapi/step5-hardening v0.0.0 => ../step5-hardening
)
