module example.com/bookapi/proof

go 1.26.0

require (
	example.com/bookapi v0.0.0
	example.com/bookapi/step2-token v0.0.0
	example.com/bookapi/step3-protect v0.0.0
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/stretchr/testify v1.12.1
	golang.org/x/oauth2 v0.37.0
)

require (
	example.com/bookapi/step1-hashing v0.0.0 // indirect
	github.com/go-chi/chi/v5 v5.5.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.58.0 // indirect
)

replace (
	example.com/bookapi v0.0.0 => ../../bookapi
	example.com/bookapi/step1-hashing v0.0.0 => ../step1-hashing
	example.com/bookapi/step2-token v0.0.0 => ../step2-token
	example.com/bookapi/step3-protect v0.0.0 => ../step3-protect
)
